// A schema somebody wrote values with, and how its values are read as one of our records.
// What can't be read is remembered too: a resolver is built at most once per record.

import type { RecordName } from '@fleet/contracts'
import { messageOf } from '@fleet/runtime'
import { decodeGuarded, parseSchema } from './avro-type.ts'
import type { AvroType, Resolver } from './avro-type.ts'
import { codecError } from './errors.ts'
import type { OwnSchema } from './schema-files.ts'
import { framingBytes } from './wire-format.ts'

/** Largest schema text we parse; ours are below 8 KiB. */
const schemaCharactersMax = 256 * 1024

type Reading = { resolver: Resolver | undefined } | { impossible: string }

export class WriterSchema {
  readonly text: string
  #type: AvroType | undefined
  readonly #readings = new Map<RecordName, Reading>()

  constructor(text: string) {
    this.text = text
  }

  /** Reads a framed value as our record; `shared`: see Codec.decode. @throws FleetError UNDECODABLE */
  read(own: OwnSchema, value: Buffer, shared: boolean): unknown {
    let reading = this.#readings.get(own.record)
    if (reading === undefined) {
      reading = this.#readingFor(own)
      this.#readings.set(own.record, reading)
    }
    if ('impossible' in reading) throw codecError('UNDECODABLE', reading.impossible)
    try {
      return decodeGuarded(own.type, value, framingBytes, reading.resolver, shared)
    } catch (error) {
      throw codecError('UNDECODABLE', `Not a ${own.record}: ${messageOf(error)}`, error)
    }
  }

  /** Whether it was found to be no schema of such a record at all. */
  isForeignTo(own: OwnSchema): boolean {
    const reading = this.#readings.get(own.record)
    return reading !== undefined && 'impossible' in reading
  }

  #readingFor(own: OwnSchema): Reading {
    if (this.text === own.text) return { resolver: undefined }
    try {
      this.#type ??= this.#parse()
      if (this.#type.equals(own.type)) return { resolver: undefined }
      return { resolver: own.type.createResolver(this.#type) }
    } catch (error) {
      return { impossible: `Its schema can't be read as ${own.record}: ${messageOf(error)}` }
    }
  }

  #parse(): AvroType {
    if (this.text.length > schemaCharactersMax) throw new Error('the schema is too large')
    return parseSchema(this.text)
  }
}
