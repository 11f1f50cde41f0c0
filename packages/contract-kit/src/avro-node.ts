// An Avro schema as it stands in its file: attributes that Avro does not know are kept, because ours
// (deprecations) are among them. It must never decide what is compatible; it only finds its way.

import { FleetError } from '@fleet/runtime'

export interface AvroNode {
  readonly type: unknown
  readonly name?: string
  readonly doc?: string
  readonly logicalType?: string
  readonly fields?: readonly AvroField[]
  readonly symbols?: readonly string[]
  readonly items?: unknown
  readonly values?: unknown
  readonly size?: number
  readonly default?: unknown
}

interface AvroField {
  readonly name: string
  readonly type: unknown
  readonly doc?: string
  readonly default?: unknown
}

export interface AvroSchema {
  readonly root: AvroNode
  /** Named types by their short name. */
  readonly names: ReadonlyMap<string, AvroNode>
}

/** Deeper than any schema of ours; a file that nests without end must not end the process. */
const depthMax = 64

/** @throws FleetError CONTRACT_INVALID (fatal): the text is no Avro record. */
export function readAvro(text: string): AvroSchema {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    throw invalid('the schema is no JSON')
  }
  if (!isNode(root) || root.type !== 'record' || typeof root.name !== 'string') {
    throw invalid('the schema is no Avro record with a name')
  }
  const names = new Map<string, AvroNode>()
  collect(root, names, depthMax)
  return { root, names }
}

function invalid(message: string): FleetError {
  return new FleetError('CONTRACT_INVALID', 'fatal', message)
}

function isNode(value: unknown): value is AvroNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Finds the named types, and refuses what would not be read as what it says it is. */
function collect(type: unknown, names: Map<string, AvroNode>, depth: number): void {
  if (depth === 0) throw invalid(`the schema nests deeper than ${depthMax}`)
  if (Array.isArray(type)) {
    for (const branch of type) collect(branch, names, depth - 1)
    return
  }
  if (!isNode(type)) return
  const { name, fields = [], symbols = [] } = type
  if (name !== undefined && typeof name !== 'string') throw invalid('a name is no text')
  if (!Array.isArray(fields) || !fields.every(field => isNode(field) && isText(field.name))) {
    throw invalid(`the fields of ${name ?? 'a type'} are no list of named fields`)
  }
  if (!Array.isArray(symbols) || !symbols.every(isText)) {
    throw invalid(`the symbols of ${name ?? 'a type'} are no list of texts`)
  }
  if (name !== undefined) names.set(shortName(name), type)
  for (const field of type.fields ?? []) collect(field.type, names, depth - 1)
  for (const inner of [type.items, type.values, type.type]) collect(inner, names, depth - 1)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** A type with its reference followed: the name of a primitive, a union, or a node. */
export type Resolved = string | readonly unknown[] | AvroNode

function resolveType(type: unknown, { names }: Pick<AvroSchema, 'names'>): Resolved {
  if (typeof type === 'string') return names.get(shortName(type)) ?? type
  if (Array.isArray(type)) return type
  if (!isNode(type)) return 'null'
  const isWrapped = type.name === undefined && type.logicalType === undefined
  // `{"type": "string"}` is a longer way to write "string".
  if (isWrapped && (typeof type.type === 'object' || isBare(type))) {
    return resolveType(type.type, { names })
  }
  return type
}

function isBare({ type, items, values }: AvroNode): boolean {
  return items === undefined && values === undefined && type !== 'record'
}

/** The branches of a union that are not null, or the one type; and whether null is one of them. */
export function branchesOf(
  type: unknown,
  schema: Pick<AvroSchema, 'names'>,
): { branches: Resolved[]; nullable: boolean } {
  const resolved = resolveType(type, schema)
  if (!isUnion(resolved)) return { branches: [resolved], nullable: false }
  const all = resolved.map(branch => resolveType(branch, schema))
  return { branches: all.filter(branch => branch !== 'null'), nullable: all.includes('null') }
}

export function isUnion(resolved: Resolved): resolved is readonly unknown[] {
  return Array.isArray(resolved)
}

/** A type as declarations and messages write it: `string?`, `timestamp-micros`, `array<Line>`. */
export function typeText(type: unknown, schema: Pick<AvroSchema, 'names'>): string {
  const { branches, nullable } = branchesOf(type, schema)
  const texts = branches.map(branch => branchText(branch, schema))
  const text = texts.length === 1 ? (texts[0] ?? '') : `union<${texts.join('|')}>`
  return nullable ? `${text}?` : text
}

function branchText(branch: Resolved, schema: Pick<AvroSchema, 'names'>): string {
  if (typeof branch === 'string') return branch
  if (isUnion(branch)) return typeText(branch, schema)
  if (branch.type === 'array') return `array<${typeText(branch.items, schema)}>`
  if (branch.type === 'map') return `map<${typeText(branch.values, schema)}>`
  if (branch.type === 'fixed') return `fixed(${branch.size ?? 0})`
  return branch.logicalType ?? shortName(branch.name ?? String(branch.type))
}
