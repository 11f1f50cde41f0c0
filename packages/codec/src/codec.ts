// Values to Confluent-framed Avro and back. encode() and decode() are synchronous and never wait for
// the registry: load() and prepare() bring what they need beforehand.

import { subjectOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { codecError } from './errors.ts'
import type { RegistryPort } from './registry-port.ts'
import { schemaOfTopic } from './schema-files.ts'
import type { OwnSchema } from './schema-files.ts'
import { SchemaStore } from './schema-store.ts'
import { framingBytes, schemaIdOf, writeFraming } from './wire-format.ts'
import type { WriterSchema } from './writer-schema.ts'

export interface Codec {
  /**
   * Looks up the ids of our own schemas (never "latest") for topics we write; from the cache file
   * where the registry is down.
   * @throws FleetError SCHEMA_NOT_REGISTERED (fatal) | REGISTRY_UNREACHABLE (transient)
   */
  load(topics: readonly Topic[]): Promise<void>
  /** @throws FleetError INTERNAL (poison): the value does not fit; the message names the field. */
  encode(topic: Topic, value: unknown): Buffer
  /**
   * Makes the writer schemas of these values available; values that are not framed are passed over.
   * @throws FleetError REGISTRY_UNREACHABLE | SCHEMA_PENDING (transient)
   */
  prepare(values: Iterable<Buffer | null>): Promise<void>
  /**
   * Has the registry asked for schemas of values that are still to come, so that the time after which an
   * unknown one is poison begins now. Never waits; bounded, because nobody has vouched for the values.
   */
  foresee(values: Iterable<Buffer | null>): void
  /**
   * Reads a value as our record of the topic, whatever compatible schema it was written with.
   * @throws FleetError UNDECODABLE | SCHEMA_UNKNOWN (poison); SCHEMA_PENDING (transient) for a value
   *   that was not prepared
   * @param bytes `shared`: bytes in what it returns are views of `value`, for those who keep neither;
   *   by default copies, since a view keeps all of a fetch in memory
   */
  decode(topic: Topic, value: Buffer, bytes?: 'shared'): unknown
}

export interface CodecOptions {
  registry: RegistryPort
  /** Where answers of the registry are kept; null keeps none. */
  cacheFile: string | null
  clock: Clock
}

/** Values are encoded one behind the other into pieces of memory of this size, or of their own. */
const slabBytes = 64 * 1024

export function openCodec(options: CodecOptions): Promise<Codec> {
  return Promise.resolve(new AvroCodec(options))
}

class AvroCodec implements Codec {
  readonly #store: SchemaStore
  readonly #ownIds = new Map<string, number>()
  #slab: Buffer = Buffer.allocUnsafeSlow(slabBytes)
  #slabAt = 0

  constructor({ registry, cacheFile, clock }: CodecOptions) {
    this.#store = new SchemaStore(registry, cacheFile, clock)
  }

  async load(topics: readonly Topic[]): Promise<void> {
    const withSchema = topics.filter(topic => topic.schema !== null)
    await Promise.all(withSchema.map(topic => this.#loadOne(topic)))
  }

  async #loadOne(topic: Topic): Promise<void> {
    const { text } = schemaOfTopic(topic)
    this.#ownIds.set(topic.name, await this.#store.findOwnId(subjectOf(topic), text))
  }

  encode(topic: Topic, value: unknown): Buffer {
    const id = this.#ownIds.get(topic.name)
    if (id === undefined) throw codecError('INTERNAL', `The schema of ${topic.name} is not loaded`)
    const own = schemaOfTopic(topic)
    const start = this.#slabAt
    const end = this.#write(own, value, this.#slab, start)
    if (end >= 0) {
      this.#slabAt = end
      return framed(this.#slab, id, start, end)
    }
    // avsc wrote nothing beyond the end and returns how many bytes were missing, negated.
    const bytes = this.#slab.length - start - end
    if (bytes > slabBytes / 4) {
      const alone = Buffer.allocUnsafeSlow(bytes)
      return framed(alone, id, 0, this.#write(own, value, alone, 0))
    }
    this.#slab = Buffer.allocUnsafeSlow(slabBytes)
    this.#slabAt = this.#write(own, value, this.#slab, 0)
    return framed(this.#slab, id, 0, this.#slabAt)
  }

  #write(own: OwnSchema, value: unknown, into: Buffer, start: number): number {
    try {
      return own.type.encode(value, into, start + framingBytes)
    } catch (error) {
      const fields = misfits(own, value)
      throw codecError('INTERNAL', `Not a ${own.record}: ${fields || messageOf(error)}`)
    }
  }

  async prepare(values: Iterable<Buffer | null>): Promise<void> {
    await this.#store.need(idsOf(values))
  }

  foresee(values: Iterable<Buffer | null>): void {
    this.#store.foresee(idsOf(values))
  }

  decode(topic: Topic, value: Buffer, bytes?: 'shared'): unknown {
    if (value.length > topic.maxMessageBytes) {
      throw codecError('UNDECODABLE', `${value.length} bytes; ${topic.maxMessageBytes} are allowed`)
    }
    const id = schemaIdOf(value)
    if (id === null) throw codecError('UNDECODABLE', 'No magic byte and schema id in front')
    const writer = this.#store.peek(id)
    if (writer !== undefined) {
      return this.#read(writer, schemaOfTopic(topic), id, value, bytes === 'shared')
    }
    if (this.#store.isUnknown(id)) throw codecError('SCHEMA_UNKNOWN', `No schema has the id ${id}`)
    throw codecError('SCHEMA_PENDING', `Schema ${id} was not looked up`)
  }

  #read(writer: WriterSchema, own: OwnSchema, id: number, value: Buffer, shared: boolean): unknown {
    try {
      return writer.read(own, value, shared)
    } catch (error) {
      if (writer.isForeignTo(own)) this.#store.doubt(id)
      throw error
    }
  }
}

function idsOf(values: Iterable<Buffer | null>): Set<number> {
  const ids = new Set<number>()
  let last: number | null = null
  for (const value of values) {
    const id = value === null ? null : schemaIdOf(value)
    if (id !== null && id !== last) ids.add(id)
    last = id
  }
  return ids
}

function framed(bytes: Buffer, id: number, start: number, end: number): Buffer {
  const value = bytes.subarray(start, end)
  writeFraming(value, id)
  return value
}

/** Paths of the fields that do not fit. Values stay out: they may be personal data. */
function misfits(own: OwnSchema, value: unknown): string {
  const paths: string[] = []
  try {
    own.type.isValid(value, { errorHook: path => paths.push(path.join('.') || '(value)') })
  } catch {
    return ''
  }
  return paths.slice(0, 5).join(', ')
}
