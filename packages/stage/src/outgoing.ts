// What one transaction will write: outputs and dead letters, encoded and measured. Sizes are checked
// here, before sending: what the broker would refuse must become a dead letter, not a retry for ever.

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import { deadLetterOf } from '@fleet/dlq'
import type { Failure } from '@fleet/dlq'
import { bareRecord, recordBytes } from '@fleet/kafka'
import type { InRecord, OutRecord } from '@fleet/kafka'
import { fateOf, FleetError, messageOf } from '@fleet/runtime'
import { childTraceparent, traceIdOf } from '@fleet/telemetry'

import type { Decision, Emit, Refusal, TaskState } from './declaration.ts'

/** Most bytes that one record may bring into its transaction, a batch of which is 4 MiB. */
const decisionBytesMax = 16 * 1024 * 1024

/** Kafka's own framing of a batch, and a margin for it. */
const batchOverheadBytes = 512

export interface Encoder {
  readonly stage: StageName
  readonly outputs: readonly Topic[]
  readonly table?: Topic | undefined
  readonly codec: Codec
  readonly sha256Hex: (text: string) => string
}

export type Encoded =
  | { ok: true; records: OutRecord[]; bytes: number }
  | { ok: false; code: 'TOO_LARGE' | 'INTERNAL'; message: string }

const nothing: Encoded = { ok: true, records: [], bytes: 0 }

/**
 * Encodes the outputs of one decision. Not ok: a record is larger than its topic takes, or its value
 * does not fit its schema. `origin` is the record they come from, null for a tick's.
 */
function encodeEmits(
  encoder: Encoder,
  emits: readonly Emit[],
  partition: number,
  origin: InRecord | null,
): Encoded {
  if (emits.length === 0) return nothing
  const traceparent = origin === null ? undefined : traceparentFor(origin)
  const records: OutRecord[] = []
  let bytes = 0
  for (const emit of emits) {
    if (!encoder.outputs.includes(emit.topic)) {
      throw new FleetError(
        'UNDECLARED_OUTPUT',
        'fatal',
        `${encoder.stage} writes to ${emit.topic.name}, which its declaration does not list`,
      )
    }
    if (emit.topic === encoder.table && (emit.partition ?? partition) !== partition) {
      const message = `${encoder.stage} writes to another partition of its table ${emit.topic.name}`
      throw new FleetError('UNDECLARED_OUTPUT', 'fatal', message)
    }
    let value: Buffer | null = null
    try {
      if (emit.value !== null) value = encoder.codec.encode(emit.topic, emit.value)
    } catch (error) {
      if (fateOf(error) === 'fatal') throw error
      return { ok: false, code: 'INTERNAL', message: messageOf(error) }
    }
    const record = bareRecord(emit.topic.name, emit.partition ?? partition, emit.key, value)
    record.headers = emit.headers
    record.traceparent = traceparent
    const size = recordBytes(record)
    if (size + batchOverheadBytes > emit.topic.maxMessageBytes) {
      const { name, maxMessageBytes } = emit.topic
      return tooLarge(`A record of ${size} bytes for ${name} is over its ${maxMessageBytes}`)
    }
    record.bytes = size
    bytes += size
    records.push(record)
  }
  return { ok: true, records, bytes }
}

/**
 * The outputs of a decision, as `encodeEmits`, with the bytes of what it remembers. Not ok also where
 * a changelog record is over its limit, or all of it is too much for one transaction; a tick's whole
 * is its stage's to limit.
 */
export function encodeDecision<Change>(
  encoder: Encoder,
  state: TaskState<Change>,
  { emit, changes }: Decision<Change>,
  partition: number,
  origin: InRecord | null,
): Encoded {
  const encoded = encodeEmits(encoder, emit, partition, origin)
  if (!encoded.ok) return encoded
  let { bytes } = encoded
  if (state.changeBytes !== undefined) {
    const { name, maxMessageBytes } = topics.changelogs[encoder.stage]
    for (const change of changes) {
      const size = state.changeBytes(change)
      if (size + batchOverheadBytes > maxMessageBytes) {
        return tooLarge(`A record of ${size} bytes for ${name} is over its ${maxMessageBytes}`)
      }
      bytes += size
    }
  }
  if (origin !== null && bytes > decisionBytesMax) {
    return tooLarge(`What it brings comes to ${bytes} bytes, over ${decisionBytesMax}`)
  }
  return { ok: true, records: encoded.records, bytes }
}

function tooLarge(message: string): Encoded {
  return { ok: false, code: 'TOO_LARGE', message }
}

/** Trace context for the outputs of a record: a child of the record's own, else a new trace. */
function traceparentFor(record: InRecord): string {
  return childTraceparent(record.headers['traceparent']?.toString('latin1'))
}

export type LetterRefusal = Refusal & {
  causes?: readonly string[]
  /** Of a letter that was replayed and failed again. */
  attempt?: number
  replayId?: string | null
}

/**
 * The dead letter of a record, on the partition of its origin. Total: what does not fit (a letter holds
 * the origin's bytes and, once more, the body in them) or cannot be encoded is left out, the least
 * needed first, since a letter that can't be written would block the partition for ever. The origin's
 * coordinates always stay.
 */
export function encodeDeadLetter(
  encoder: Encoder,
  record: InRecord,
  refusal: LetterRefusal,
  nowMicros: number,
): OutRecord {
  const { message, facts, ...bare } = refusal
  const { topic, partition, offset, timestampMs } = record
  const left = `${message} (left out of this letter: `
  const attempts: [InRecord, Failure][] = [
    [record, { ...facts, ...bare, message }],
    [record, { ...facts, ...bare, message, body: null }],
    [record, { ...bare, message: `${left}facts)` }],
    [
      { topic, partition, offset, timestampMs, key: null, value: null, headers: {} },
      { ...bare, causes: [], message: `${left}the origin's bytes)` },
    ],
  ]
  const last = attempts.length - 1
  for (const [index, [origin, failure]] of attempts.entries()) {
    try {
      const letter = letterOf(encoder, origin, failure, nowMicros)
      const bytes = recordBytes(letter) + batchOverheadBytes
      if (index === last || bytes <= topics.deadLetters[encoder.stage].maxMessageBytes) {
        return letter
      }
    } catch (error) {
      if (index === last || fateOf(error) === 'fatal') throw error
    }
  }
  throw new FleetError('INTERNAL', 'fatal', 'no dead letter could be made')
}

function letterOf(
  { stage, codec, sha256Hex }: Encoder,
  origin: InRecord,
  failure: Failure,
  nowMicros: number,
): OutRecord {
  const topic = topics.deadLetters[stage]
  const traceparent = traceparentFor(origin)
  // The origin's trace or none: a new one would lead whoever follows it nowhere.
  const traceId = traceIdOf(origin.headers['traceparent']?.toString('latin1'))
  const value = deadLetterOf(stage, origin, failure, nowMicros, traceId, sha256Hex)
  return {
    topic: topic.name,
    partition: origin.partition,
    key: origin.key,
    value: codec.encode(topic, value),
    traceparent,
  }
}
