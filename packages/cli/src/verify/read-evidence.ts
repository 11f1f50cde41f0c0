// Reads the evidence of the partitions from Kafka, committed records only, up to the end as it is when
// the reading starts: raw first, so that nothing that follows can lack its cause.

import { domains, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery, ResourceState, Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { ProvenanceKeyRing } from '@fleet/signatures'

import type { Kafka } from '../kafka.ts'
import type { CommonEvent, PartitionEvidence, RawFact } from './evidence.ts'

const takeRecordsMax = 5000
const waitMs = 500

export interface EvidenceSources {
  kafka: Kafka
  codec: Codec
  keyRing: ProvenanceKeyRing
  stopping: AbortSignal
}

export async function readEvidence(sources: EvidenceSources): Promise<PartitionEvidence[]> {
  const processed = await processedPositions(sources)
  const raw = await readTopic(sources, topics.raw)
  const evidence = raw.starts.map(({ partition, logStart }): PartitionEvidence => ({
    partition,
    partitionCount: raw.starts.length,
    rawStart: logStart,
    raw: [],
    // What was processed after we looked is read as well, and judged by what it left behind.
    processedUpTo: processed.get(partition) ?? 0,
    events: [],
    deadLetters: [],
    state: [],
  }))
  const of = ({ partition }: InRecord): PartitionEvidence => {
    const found = evidence[partition]
    if (found === undefined) throw new FleetError('PARTITION_MISMATCH', 'fatal', 'raw has fewer')
    return found
  }
  for (const record of raw.records) of(record).raw.push(rawFact(record, sources))
  for (const topic of domains.map(domain => topics.events[domain])) {
    for (const record of (await readTopic(sources, topic)).records) {
      const event = decodeOrThrow(sources.codec, topic, record) as CommonEvent
      const { offset } = record
      of(record).events.push({ topic: topic.name, offset, key: keyOf(record), event })
    }
  }
  for (const record of (await readTopic(sources, topics.deadLetters.processor)).records) {
    const letter = decodeOrThrow(sources.codec, topics.deadLetters.processor, record) as DeadLetter
    of(record).deadLetters.push({ topic: record.topic, offset: record.offset, letter })
  }
  for (const record of (await readTopic(sources, topics.state)).records) {
    const state =
      record.value === null
        ? null
        : (decodeOrThrow(sources.codec, topics.state, record) as ResourceState)
    of(record).state.push({ topic: record.topic, offset: record.offset, key: keyOf(record), state })
  }
  return evidence
}

/**
 * Up to where the processor has decided, per partition: the newest progress record in its changelog,
 * which was written in the same transaction as the outputs.
 */
async function processedPositions(sources: EvidenceSources): Promise<Map<number, number>> {
  const { records } = await readTopic(sources, topics.changelogs.processor)
  const positions = new Map<number, number>()
  for (const { partition, key, value } of records) {
    if (key?.toString('utf8') !== '!progress' || value === null) continue
    const progress = JSON.parse(value.toString('utf8')) as { positions: Record<string, number> }
    positions.set(partition, progress.positions[topics.raw.name] ?? 0)
  }
  return positions
}

async function readTopic(
  { kafka, codec, stopping }: EvidenceSources,
  topic: Topic,
): Promise<{ records: InRecord[]; starts: { partition: number; logStart: number }[] }> {
  const offsets = await kafka.admin.offsets(topic.name)
  const open = new Map(
    offsets
      .filter(({ logStart, lastStable }) => logStart < lastStable)
      .map(({ partition, lastStable }) => [partition, lastStable]),
  )
  const records: InRecord[] = []
  if (open.size === 0) return { records, starts: offsets }
  const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
  const stream = reader.open(
    offsets.map(({ partition, logStart }) => ({ topic: topic.name, partition, offset: logStart })),
  )
  try {
    while (open.size > 0 && !stopping.aborted) {
      const chunk = await Promise.race([stream.take(takeRecordsMax, waitMs), reader.failed])
      for (const record of chunk.records) records.push(record)
      for (const { partition, offset } of chunk.positions) {
        if (offset >= (open.get(partition) ?? Infinity)) open.delete(partition)
      }
    }
  } finally {
    stream.close()
    await reader.close().catch(() => {})
  }
  if (topic.schema !== null) await prepareReadable(codec, records)
  return { records, starts: offsets }
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

function decodeOrThrow(codec: Codec, topic: Topic, record: InRecord): unknown {
  if (record.value === null) {
    const where = `${record.topic}-${record.partition}@${record.offset}`
    throw new FleetError('UNDECODABLE', 'fatal', `${where} has no value`)
  }
  return codec.decode(topic, record.value)
}

function keyOf({ key }: InRecord): string {
  return key?.toString('utf8') ?? ''
}
