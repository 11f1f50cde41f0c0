// Values that may come, for the property tests of a consumer: everything a schema allows, or for a
// declaration the values it knows and, where it says it ignores others, those too. fast-check comes in
// as a parameter: it belongs to the tests of whoever calls, never to a service.

import type * as FastCheck from 'fast-check'
import { branchesOf, isUnion, readAvro } from './avro-node.ts'
import type { AvroNode, AvroSchema, Resolved } from './avro-node.ts'
import type { TopicRead } from './declaration.ts'
import { fieldsOf } from './fields.ts'

type Tool = Pick<
  typeof FastCheck,
  | 'array'
  | 'boolean'
  | 'constant'
  | 'constantFrom'
  | 'dictionary'
  | 'double'
  | 'integer'
  | 'oneof'
  | 'record'
  | 'string'
  | 'uint8Array'
>
type Arbitrary = FastCheck.Arbitrary<unknown>

/** Arbitraries to take instead, by path (`event_type`, `resource.id`, `lines[].account`). */
export type Overrides = Readonly<Record<string, Arbitrary>>

/** Times are microseconds from 2000 to 2100: what the mapper lets through. */
const timeMicros = { min: 946_684_800_000_000, max: 4_102_444_800_000_000 - 1 }
/** The largest long that our codec writes. */
const longMax = Number.MAX_SAFE_INTEGER - 1
const itemsMax = 4
const bytesMax = 32

/** Decoded values of a schema, as the codec gives them to a consumer. */
export function schemaArbitrary(
  tool: Tool,
  schemaText: string,
  overrides: Overrides = {},
): FastCheck.Arbitrary<Record<string, unknown>> {
  const schema = readAvro(schemaText)
  return recordOf(schema.root, '', { tool, schema, overrides, depth: 0 })
}

/** Values of a topic as one consumer may meet them, with all values it knows of each text. */
export function declaredArbitrary(
  tool: Tool,
  schemaText: string,
  read: Pick<TopicRead, 'fields'>,
  overrides: Overrides = {},
): FastCheck.Arbitrary<Record<string, unknown>> {
  const fields = fieldsOf(schemaText)
  const declared: Record<string, Arbitrary> = {}
  for (const [path, { values, others, type }] of Object.entries(read.fields)) {
    if (values === null || fields.get(path)?.symbols !== null) continue
    const known: Arbitrary[] = [tool.constantFrom(...values)]
    if (others === 'ignored') known.push(tool.string({ maxLength: 12 }))
    if (type.endsWith('?')) known.push(tool.constant(null))
    declared[path] = tool.oneof(...known)
  }
  return schemaArbitrary(tool, schemaText, { ...declared, ...overrides })
}

interface Making {
  readonly tool: Tool
  readonly schema: AvroSchema
  readonly overrides: Overrides
  readonly depth: number
}

function recordOf(
  node: AvroNode,
  path: string,
  making: Making,
): FastCheck.Arbitrary<Record<string, unknown>> {
  const deeper = { ...making, depth: making.depth + 1 }
  const members = (node.fields ?? []).map(({ name, type }) => {
    const below = path === '' ? name : `${path}.${name}`
    return [name, making.overrides[below] ?? valueOf(type, below, deeper)] as const
  })
  return making.tool.record(Object.fromEntries(members))
}

function valueOf(type: unknown, path: string, making: Making): Arbitrary {
  const { branches, nullable } = branchesOf(type, making.schema)
  const { tool } = making
  // A record that contains itself ends here.
  if (nullable && making.depth > depthMax) return tool.constant(null)
  const choices = branches.map(branch => branchOf(branch, path, making))
  if (nullable) choices.push(tool.constant(null))
  const [only] = choices
  return choices.length === 1 && only !== undefined ? only : tool.oneof(...choices)
}

const depthMax = 6

function branchOf(type: Resolved, path: string, making: Making): Arbitrary {
  const { tool, depth } = making
  const maxLength = depth > depthMax ? 0 : itemsMax
  if (typeof type === 'string') return primitiveOf(type, tool)
  if (isUnion(type)) return valueOf(type, path, making)
  switch (type.type) {
    case 'record':
      return recordOf(type, path, making)
    case 'enum':
      return tool.constantFrom(...(type.symbols ?? []))
    case 'array':
      return tool.array(itemOf(type.items, `${path}[]`, making), { maxLength })
    case 'map':
      return tool.dictionary(
        tool.string({ maxLength: 12 }),
        itemOf(type.values, `${path}{}`, making),
        { maxKeys: maxLength, noNullPrototype: true },
      )
    case 'fixed':
      return tool.uint8Array({ minLength: type.size ?? 0, maxLength: type.size ?? 0 })
    default:
      if (type.logicalType === 'timestamp-micros') return tool.integer(timeMicros)
      return primitiveOf(String(type.type), tool)
  }
}

function itemOf(type: unknown, path: string, making: Making): Arbitrary {
  return making.overrides[path] ?? valueOf(type, path, { ...making, depth: making.depth + 1 })
}

function primitiveOf(name: string, tool: Tool): Arbitrary {
  switch (name) {
    case 'boolean':
      return tool.boolean()
    case 'int':
      return tool.integer()
    case 'long':
      return tool.integer({ min: -longMax, max: longMax })
    case 'float':
    case 'double':
      return tool.double({ noNaN: true, noDefaultInfinity: true })
    case 'bytes':
      return tool.uint8Array({ maxLength: bytesMax })
    case 'null':
      return tool.constant(null)
    default:
      return tool.string({ maxLength: 24 })
  }
}
