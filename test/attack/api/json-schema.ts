// JSON Schema as far as the API's OpenAPI document uses it. A keyword that is not known here is an error,
// never a silent yes.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly Json[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
  readonly items?: Schema
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
  readonly default?: Json
  readonly writeOnly?: boolean
  /** Says what the text is; it is not judged. */
  readonly contentEncoding?: string
}

export type Schemas = Readonly<Record<string, Schema>>

const known = new Set([
  '$ref',
  'type',
  'enum',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'format',
  'items',
  'minItems',
  'uniqueItems',
  'properties',
  'required',
  'additionalProperties',
  'description',
  'default',
  'writeOnly',
  'contentEncoding',
])

export function resolved(schema: Schema, schemas: Schemas): Schema {
  for (const keyword of Object.keys(schema)) {
    if (!known.has(keyword)) throw new Error(`the keyword ${keyword} is not known here`)
  }
  if (schema.$ref === undefined) return schema
  const name = schema.$ref.split('/').at(-1) ?? ''
  const target = schemas[name]
  if (target === undefined) throw new Error(`there is no schema ${name}`)
  return resolved(target, schemas)
}

export function typesOf(schema: Schema): readonly string[] {
  if (schema.type === undefined) return []
  return typeof schema.type === 'string' ? [schema.type] : schema.type
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** Where the value breaks the schema; none: it is valid. */
export function violations(schema: Schema, value: Json, schemas: Schemas, at = '$'): string[] {
  const rule = resolved(schema, schemas)
  const types = typesOf(rule)
  const type = typeOf(value)
  const isTyped = types.length === 0 || types.includes(type)
  if (!isTyped && !(type === 'integer' && types.includes('number'))) {
    return [`${at}: ${type} instead of ${types.join(' or ')}`]
  }
  if (rule.enum !== undefined && !rule.enum.includes(value)) return [`${at}: not in the list`]
  if (typeof value === 'string') return ofText(rule, value, at)
  if (typeof value === 'number') return ofNumber(rule, value, at)
  if (Array.isArray(value)) return ofList(rule, value as readonly Json[], schemas, at)
  return value === null || typeof value === 'boolean'
    ? []
    : ofObject(rule, value as JsonObject, schemas, at)
}

const zonedTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/

function ofText(rule: Schema, value: string, at: string): string[] {
  const { length } = Array.from(value)
  if (length < (rule.minLength ?? 0)) return [`${at}: too short`]
  if (length > (rule.maxLength ?? Infinity)) return [`${at}: too long`]
  const isTime = zonedTime.test(value) && !Number.isNaN(Date.parse(value))
  return rule.format === 'date-time' && !isTime ? [`${at}: not a time`] : []
}

function ofNumber(rule: Schema, value: number, at: string): string[] {
  const { minimum = -Infinity, maximum = Infinity } = rule
  return value < minimum || value > maximum ? [`${at}: out of bounds`] : []
}

function ofList(rule: Schema, value: readonly Json[], schemas: Schemas, at: string): string[] {
  const problems = value.length < (rule.minItems ?? 0) ? [`${at}: too few`] : []
  const texts = value.map(item => JSON.stringify(item))
  if (rule.uniqueItems === true && new Set(texts).size !== texts.length) {
    problems.push(`${at}: one twice`)
  }
  const { items } = rule
  if (items === undefined) return problems
  return [
    ...problems,
    ...value.flatMap((item, index) => violations(items, item, schemas, `${at}[${index}]`)),
  ]
}

function ofObject(rule: Schema, value: JsonObject, schemas: Schemas, at: string): string[] {
  const { properties = {}, required = [], additionalProperties = true } = rule
  const missing = required.filter(name => !Object.hasOwn(value, name))
  const problems = missing.map(name => `${at}.${name}: missing`)
  for (const [name, member] of Object.entries(value)) {
    const here = `${at}.${name}`
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (inner !== undefined) problems.push(...violations(inner, member, schemas, here))
    else if (additionalProperties === false) problems.push(`${here}: unknown`)
    else if (additionalProperties !== true) {
      problems.push(...violations(additionalProperties, member, schemas, here))
    }
  }
  return problems
}
