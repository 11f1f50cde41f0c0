// Raw records that no honest edge writes: every kind of bad payload, most of them with a valid MAC so
// that they get past the first check. Written by Kafka's Java producer straight into the raw topic.

import { partitionOf, topics } from '@fleet/contracts'

import type { AvroSchemas } from '../judge/avro-schemas.ts'
import { poisonHeader, provenanceMacOf } from '../judge/evidence.ts'
import type { PoisonExpectation } from '../judge/evidence.ts'
import type { Seeded } from '../seeded.ts'
import type { ClusterTool, RawRecord } from '../world/cluster-tool.ts'
import type { Keys } from '../world/world.ts'

type Headers = RawRecord['headers']

interface PoisonParts {
  kind: string
  /** What it must come to; `refused` by the broker counts too. */
  outcomes: readonly string[]
  key?: Buffer | null
  value: Buffer | null
  /** Default: a valid MAC. */
  headers?: (signed: Headers) => Headers
  compression?: RawRecord['compression']
  timestampMs?: string
  /** Default: the partition of its key. */
  isMisplaced?: boolean
}

/** Undecodable: its bytes must not be given to the judge's own decoder either. */
const undecodable = ['UNDECODABLE']
/** While the registry answers with somebody else's schema, this is one that exists. */
const unknownSchema = ['SCHEMA_UNKNOWN', 'UNDECODABLE']

export interface PoisonOptions {
  tool: ClusterTool
  keys: Keys
  schemas: AvroSchemas
  partitions: number
  /** Id of `recursiveSchema`. */
  recursiveId: number
}

export class Poison {
  readonly #tool: ClusterTool
  readonly #keys: Keys
  readonly #schemas: AvroSchemas
  readonly #partitions: number
  readonly #recursiveId: number
  readonly #written = new Map<string, PoisonExpectation>()
  refused = 0
  /** Good records in a schema that nobody had read before, written while the registry was not well. */
  foreign = 0
  #count = 0

  constructor(options: PoisonOptions) {
    this.#tool = options.tool
    this.#keys = options.keys
    this.#schemas = options.schemas
    this.#partitions = options.partitions
    this.#recursiveId = options.recursiveId
  }

  expectation(mark: string): PoisonExpectation | null {
    return this.#written.get(mark) ?? null
  }

  /** One of each kind, in an order of the seed's. How many those were, refused by the broker or not. */
  async writeAll(run: string, random: Seeded): Promise<number> {
    const all = poisons(this.#schemas, this.#recursiveId, `${run}-poison-${this.#count++}`)
    for (const parts of random.shuffled(all)) await this.#write(parts)
    return all.length
  }

  /** A good delivery in the schema of the given id. */
  async writeForeign(id: number, eventId: string): Promise<void> {
    // Who was given a wrong schema can't read it and keeps it as a dead letter.
    const outcomes = ['published', 'UNDECODABLE']
    const value = this.#schemas.encode(id, delivery(eventId))
    await this.#write({ kind: 'another schema', outcomes, value, key: keyFor(eventId) })
    this.foreign++
  }

  async #write(parts: PoisonParts): Promise<void> {
    const { kind, outcomes, value, headers, compression, timestampMs, isMisplaced } = parts
    const key = parts.key === undefined ? keyFor(kind) : parts.key
    const home = partitionOf(key ?? Buffer.alloc(0), this.#partitions)
    const partition = isMisplaced === true ? (home + 1) % this.#partitions : home
    const signed: Headers = [
      ['fleet_mac', provenanceMacOf(this.#keys.provenanceKey, key, value)],
      ['fleet_mac_kid', Buffer.from(this.#keys.provenanceKeyId)],
    ]
    const mark = String(this.#written.size)
    const marked = [poisonHeader, Buffer.from(mark)] as const
    this.#written.set(mark, { kind, outcomes })
    // Written until it is known to be there: brokers are killed meanwhile. It may be there twice then.
    for (let attempt = 0; attempt < 20; attempt++) {
      const answer = await this.#tool.send({
        topic: topics.raw.name,
        partition,
        compression: compression ?? 'none',
        timestampMs: timestampMs ?? null,
        key,
        value,
        headers: [...(headers === undefined ? signed : headers(signed)), marked],
      })
      if ('offset' in answer) return
      if (answer.error !== 'RecordTooLargeException') continue
      if (!outcomes.includes('refused')) throw new Error(`${kind}: ${answer.error}`)
      this.refused++
      return
    }
    throw new Error(`poison could not be written: ${kind}`)
  }
}

function keyFor(id: string): Buffer {
  return Buffer.from(`demo/reservation/${id.replaceAll(/[^a-z0-9-]/g, '-')}`)
}

/** A delivery as the edge would have written it. */
function delivery(eventId: string, data: Record<string, unknown> = {}): Record<string, unknown> {
  const occurredMs = Date.now() - 60_000
  const id = keyFor(eventId).toString().split('/')[2] ?? ''
  const body = Buffer.from(
    JSON.stringify({
      event_id: eventId,
      event_type: 'reservation.created',
      occurred_at: new Date(occurredMs).toISOString(),
      resource_type: 'reservation',
      resource_id: id,
      data,
    }),
  )
  return {
    delivery_id: eventId,
    tenant_id: 'demo',
    endpoint_id: 'levy-demo',
    source: 'levy',
    channel: 'WEBHOOK',
    received_at: Date.now() * 1000,
    remote_ip: null,
    headers: {},
    content_type: 'application/json',
    body,
    body_sha256: Buffer.alloc(32),
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: eventId,
    source_event_type: 'reservation.created',
    resource_type: 'reservation',
    resource_id: id,
    occurred_at: occurredMs * 1000,
    delivery_attempt: null,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}

/** Avro's variable-length zigzag long. */
function avroLong(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const avroText = (text: string): Buffer =>
  Buffer.concat([avroLong(BigInt(Buffer.byteLength(text))), Buffer.from(text)])

/** A schema that contains itself: each byte of the value may be one level deeper. */
export const recursiveSchema = {
  type: 'record',
  name: 'Doll',
  namespace: 'faults',
  fields: [{ name: 'inner', type: ['null', 'Doll'], default: null }],
}

function poisons(schemas: AvroSchemas, recursiveId: number, run: string): PoisonParts[] {
  const id = schemas.idOf(topics.raw.name)
  const good = (name: string, data?: Record<string, unknown>): Buffer =>
    schemas.encode(id, delivery(`${run}-${name}`, data))
  const framed = (schemaId: number, payload: Buffer, magic = 0): Buffer => {
    const head = Buffer.alloc(5)
    head.writeUInt8(magic)
    head.writeUInt32BE(schemaId >>> 0, 1)
    return Buffer.concat([head, payload])
  }
  const payload = (name: string): Buffer => good(name).subarray(5)
  /** A delivery up to its received_at, then what follows. */
  const upToTime = (...rest: Buffer[]): Buffer =>
    framed(
      id,
      Buffer.concat([...['d', 'demo', 'levy-demo', 'levy'].map(avroText), avroLong(0n), ...rest]),
    )
  const noIp = avroLong(0n)
  const now = avroLong(BigInt(Date.now()) * 1000n)
  const placed = (name: string): { key: Buffer } => ({ key: keyFor(`${run}-${name}`) })
  const bad = (kind: string, value: Buffer | null, outcomes = undecodable): PoisonParts => ({
    kind,
    outcomes,
    value,
    ...placed(kind.replaceAll(' ', '-')),
  })
  const valid = (kind: string, rest: Partial<PoisonParts>): PoisonParts => {
    const name = kind.replaceAll(' ', '-')
    return { kind, outcomes: ['published'], value: good(name), ...placed(name), ...rest }
  }
  return [
    bad('no value', null),
    {
      ...bad('no key', good('no-key'), ['WRONG_PARTITION']),
      key: null,
      isMisplaced: true,
    },
    { ...bad('key of four zero bytes', payload('x')), key: Buffer.alloc(4) },
    bad('empty value', Buffer.alloc(0)),
    bad('one byte', Buffer.from([0])),
    bad('no magic byte', payload('no-magic').fill(1, 0, 1)),
    bad('magic byte 1', framed(id, payload('magic-1'), 1)),
    bad('schema id 0', framed(0, payload('id-0'))),
    bad('schema id -1', framed(-1, payload('id--1'))),
    bad('schema id that nobody has', framed(0x7fffffff, payload('id-max')), unknownSchema),
    bad('framing without a payload', framed(id, Buffer.alloc(0))),
    bad('trailing bytes', Buffer.concat([good('trailing'), Buffer.from('more')])),
    bad('cut off', good('cut').subarray(0, 60)),
    bad('map of 2^32 entries', upToTime(now, noIp, avroLong(2n ** 32n))),
    bad('map of 2^31 - 1 entries', upToTime(now, noIp, avroLong(2n ** 31n - 1n))),
    bad('map block of negative count', upToTime(now, noIp, avroLong(-(2n ** 31n)), avroLong(1n))),
    bad('string of negative length', framed(id, avroLong(-5n))),
    bad('string of 2^31 bytes', framed(id, avroLong(2n ** 31n))),
    bad('union index out of range', upToTime(now, avroLong(7n))),
    bad(
      'enum index out of range',
      framed(id, Buffer.concat([...['d', 'a', 'b', 'c'].map(avroText), avroLong(99n)])),
    ),
    bad('long beyond 2^53', upToTime(avroLong(2n ** 53n + 1n), noIp)),
    bad('nothing but nesting', framed(id, Buffer.alloc(20_000, 2))),
    bad('schema without end', framed(recursiveId, Buffer.alloc(20_000, 2))),
    {
      ...valid('map key __proto__', {}),
      value: schemas.encode(id, {
        ...delivery(`${run}-map-key-__proto__`),
        headers: JSON.parse('{"__proto__":"x"}') as unknown,
      }),
    },
    { ...valid('unsigned', {}), outcomes: ['PROVENANCE_MISSING'], headers: () => [] },
    {
      ...valid('MAC of something else', {}),
      outcomes: ['PROVENANCE_INVALID'],
      headers: signed => [['fleet_mac', Buffer.alloc(32, 7)], ...signed.slice(1)],
    },
    {
      ...valid('MAC of one byte', {}),
      outcomes: ['PROVENANCE_INVALID'],
      headers: signed => [['fleet_mac', Buffer.alloc(1)], ...signed.slice(1)],
    },
    {
      ...valid('MAC by an unknown key', {}),
      outcomes: ['PROVENANCE_KEY_UNKNOWN'],
      headers: signed => [...signed.slice(0, 1), ['fleet_mac_kid', Buffer.from('k9')]],
    },
    valid('key of another partition', { isMisplaced: true, outcomes: ['WRONG_PARTITION'] }),
    valid('ten thousand headers', {
      headers: signed => [
        ...signed,
        ...Array.from({ length: 10_000 }, (_, n): Headers[number] => [`h${n}`, Buffer.from('x')]),
      ],
    }),
    valid('headers that are not text', {
      headers: signed => [
        ...signed,
        ['traceparent', Buffer.from([0xff, 0xfe, 0x00, 0xc3])],
        ['__proto__', Buffer.from([0x80])],
        ['empty', null],
      ],
    }),
    // The broker puts its own time in the place of these three: our topics have LogAppendTime.
    valid('timestamp -1', { timestampMs: '-1' }),
    valid('timestamp at the end of time', { timestampMs: '9223372036854775807' }),
    valid('timestamp of 1970', { timestampMs: '1' }),
    valid('compressed with gzip', { compression: 'gzip' }),
    valid('compressed with snappy', { compression: 'snappy' }),
    valid('compressed with lz4', { compression: 'lz4' }),
    valid('compressed with zstd', { compression: 'zstd' }),
    {
      ...bad('larger than the topic takes', Buffer.alloc(1024 * 1024 + 1), ['refused']),
    },
    {
      kind: 'output larger than its topic takes',
      outcomes: ['TOO_LARGE'],
      // Quotes double each time they are put into JSON once more.
      value: good('too-large', { note: '"'.repeat(400_000) }),
      ...placed('too-large'),
    },
    {
      kind: 'body that is not JSON',
      outcomes: ['UNIDENTIFIED'],
      value: schemas.encode(id, { ...delivery(`${run}-no-json`), body: Buffer.from('{"a":') }),
      ...placed('no-json'),
    },
    {
      kind: 'time that is none',
      outcomes: ['BAD_TIME'],
      value: schemas.encode(id, {
        ...delivery(`${run}-bad-time`),
        occurred_at: null,
        body: Buffer.from(
          JSON.stringify({
            event_id: `${run}-bad-time`,
            event_type: 'reservation.created',
            occurred_at: 'yesterday',
            resource_type: 'reservation',
            resource_id: keyFor(`${run}-bad-time`).toString().split('/')[2],
          }),
        ),
      }),
      ...placed('bad-time'),
    },
  ]
}
