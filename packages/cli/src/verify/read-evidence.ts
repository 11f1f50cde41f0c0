// Reads the evidence of one partition from Kafka, committed records only, each log up to its end as it is
// when its turn comes: the position first, so that what lies below it has left all its outputs; raw last,
// so that no output read before can lack its cause. One partition at a time, because all of it is held
// in memory.

import { domains, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery, ResourceState, Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Admin, InRecord, Reader } from '@fleet/kafka'
import { codeOf, FleetError, messageOf } from '@fleet/runtime'
import type { ProvenanceKeyRing } from '@fleet/signatures'

import type { CommonEvent, PartitionEvidence, RawFact } from './evidence.ts'

const takeRecordsMax = 5000
const waitMs = 500

export interface EvidenceSources {
  readonly admin: Pick<Admin, 'offsets'>
  readonly reader: Reader
  readonly codec: Codec
  readonly keyRing: ProvenanceKeyRing
  readonly stopping: AbortSignal
}

/** Partitions of the pipeline. */
export async function countPartitions({ admin }: Pick<EvidenceSources, 'admin'>): Promise<number> {
  return (await admin.offsets(topics.raw.name)).length
}

export async function readEvidence(
  sources: EvidenceSources,
  partition: number,
  partitionCount: number,
): Promise<PartitionEvidence> {
  const { codec } = sources
  const read = (topic: Topic): Promise<PartitionLog> => readLog(sources, topic, partition)
  // What was processed after we looked is read as well, and judged by what it left behind.
  const processedUpTo = processedPosition((await read(topics.changelogs.processor)).records)
  const evidence: PartitionEvidence = {
    partition,
    partitionCount,
    rawStart: 0,
    raw: [],
    processedUpTo,
    events: [],
    deadLetters: [],
    state: [],
    unreadable: [],
  }
  /** What can not be read is a finding, and the others are judged all the same. */
  const take = (topic: Topic, record: InRecord, keep: (value: unknown) => void): void => {
    const read = decoded(codec, topic, record)
    if (read.ok) keep(read.value)
    else
      evidence.unreadable.push({ topic: record.topic, offset: record.offset, detail: read.detail })
  }
  for (const topic of domains.map(domain => topics.events[domain])) {
    for (const record of (await read(topic)).records) {
      take(topic, record, event => {
        evidence.events.push({ ...placed(record), event: event as CommonEvent })
      })
    }
  }
  for (const record of (await read(topics.deadLetters.processor)).records) {
    take(topics.deadLetters.processor, record, letter => {
      evidence.deadLetters.push({ ...placed(record), letter: letter as DeadLetter })
    })
  }
  for (const record of (await read(topics.state)).records) {
    if (record.value === null) evidence.state.push({ ...placed(record), state: null })
    else {
      take(topics.state, record, state => {
        evidence.state.push({ ...placed(record), state: state as ResourceState })
      })
    }
  }
  const raw = await read(topics.raw)
  evidence.rawStart = raw.logStart
  evidence.raw = raw.records.map(record => rawFact(record, sources))
  return evidence
}

function placed(record: InRecord): { topic: string; offset: number; key: string } {
  return { topic: record.topic, offset: record.offset, key: keyOf(record) }
}

/**
 * Up to where the processor has decided: the newest progress record in its changelog, which was written
 * in the same transaction as the outputs.
 */
function processedPosition(changelog: readonly InRecord[]): number {
  const newest = changelog.findLast(
    ({ key, value }) => String(key) === '!progress' && value !== null,
  )
  if (newest === undefined) return 0
  const { positions } = JSON.parse(String(newest.value)) as { positions: Record<string, number> }
  return positions[topics.raw.name] ?? 0
}

interface PartitionLog {
  readonly records: InRecord[]
  readonly logStart: number
}

async function readLog(
  { admin, reader, codec, stopping }: EvidenceSources,
  topic: Topic,
  partition: number,
): Promise<PartitionLog> {
  const offsets = await admin.offsets(topic.name)
  const { logStart = 0, lastStable = 0 } = offsets.find(each => each.partition === partition) ?? {}
  const records: InRecord[] = []
  if (logStart >= lastStable) return { records, logStart }
  const stream = reader.open([{ topic: topic.name, partition, offset: logStart }])
  try {
    for (let at = logStart; at < lastStable && !stopping.aborted;) {
      const chunk = await Promise.race([stream.take(takeRecordsMax, waitMs), reader.failed])
      for (const record of chunk.records) records.push(record)
      at = chunk.positions[0]?.offset ?? at
    }
  } finally {
    stream.close()
  }
  if (topic.schema !== null) await prepareReadable(codec, records)
  return { records, logStart }
}

/** A record whose schema nobody knows must not keep the others from being judged. */
async function prepareReadable(codec: Codec, records: readonly InRecord[]): Promise<void> {
  try {
    await codec.prepare(records.map(({ value }) => value))
  } catch (error) {
    if (error instanceof FleetError && error.code === 'SCHEMA_PENDING') return
    throw error
  }
}

function rawFact(record: InRecord, { codec, keyRing }: EvidenceSources): RawFact {
  const { key, value, headers, timestampMs, offset } = record
  const provenance = keyRing.verify(
    headers['fleet_mac_kid']?.toString('utf8'),
    headers['fleet_mac'],
    key ?? '',
    value ?? Buffer.alloc(0),
    timestampMs,
  )
  let delivery: RawDelivery | null = null
  try {
    if (value !== null) delivery = codec.decode(topics.raw, value) as RawDelivery
  } catch {
    // The model expects a dead letter for it.
  }
  return { offset, appendedAtMs: timestampMs, key: keyOf(record), provenance, delivery }
}

type Decoded = { ok: true; value: unknown } | { ok: false; detail: string }

function decoded(codec: Codec, topic: Topic, { value }: InRecord): Decoded {
  if (value === null) return { ok: false, detail: 'has no value' }
  try {
    return { ok: true, value: codec.decode(topic, value) }
  } catch (error) {
    return { ok: false, detail: `${codeOf(error)}: ${messageOf(error)}` }
  }
}

function keyOf({ key }: InRecord): string {
  return key?.toString('utf8') ?? ''
}
