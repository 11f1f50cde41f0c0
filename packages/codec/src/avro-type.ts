// Schema text to avsc type, and decoding under limits. Every avsc type of this repository is made here,
// so that ours and a writer's differ in their schema only, never in options.

import avro from 'avsc'
import {
  GuardedArray,
  GuardedMap,
  Nullable,
  PlainRecord,
  resetItemBudget,
} from './guarded-collections.ts'
import {
  GuardedBytes,
  GuardedFixed,
  GuardedInt,
  GuardedLong,
  GuardedString,
  shareBytes,
} from './guarded-primitives.ts'
import { refuse } from './tap.ts'

export type AvroType = avro.Type
export type Resolver = ReturnType<avro.Type['createResolver']>

function guard(schema: avro.Schema, options: avro.ForSchemaOptions): avro.Type | undefined {
  if (typeof schema === 'string') return schema === 'string' ? new GuardedString() : undefined
  if (Array.isArray(schema)) {
    const nullable = schema.length === 2 && schema[0] === 'null'
    return nullable ? new Nullable(schema, options) : undefined
  }
  switch ((schema as { type?: unknown }).type) {
    case 'int':
      return new GuardedInt()
    case 'long':
      return new GuardedLong()
    case 'string':
      return new GuardedString()
    case 'bytes':
      return new GuardedBytes()
    case 'fixed':
      return new GuardedFixed(schema, options)
    case 'array':
      return new GuardedArray(schema, options)
    case 'map':
      return new GuardedMap(schema, options)
    case 'record':
      return new PlainRecord(schema, options)
    default:
      return undefined
  }
}

/** The type of a schema text. Throws on anything that is not a schema. */
export function parseSchema(text: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(text) as avro.Schema, {
    typeHook: guard as avro.ForSchemaOptions['typeHook'],
    wrapUnions: 'never',
    omitRecordMethods: true,
  })
}

/**
 * Decodes one value that must fill the buffer from `offset` to its end. Throws on anything else. `shared`:
 * bytes in it are views of the buffer.
 */
export function decodeGuarded(
  type: avro.Type,
  value: Buffer,
  offset: number,
  resolver: Resolver | undefined,
  shared = false,
): unknown {
  resetItemBudget()
  shareBytes(shared)
  const decoded = type.decode(value, offset, resolver)
  if (decoded.offset === -1) return refuse('truncated')
  const trailing = value.length - decoded.offset
  if (trailing !== 0) return refuse(`${trailing} bytes after the value`)
  return decoded.value as unknown
}
