// What the conformance cases share: the harness each broker brings, topics of a test's own, and reading
// what a consumer of committed records sees.

import { randomUUID } from 'node:crypto'

import { FleetError } from '@fleet/runtime'
import type { Broker, InRecord, OutRecord, Position, Reader, TopicPartition } from '../src/index.ts'

export interface Harness {
  broker: Broker
  /** Leaves a transaction open, as a writer does that dies between its produce and its commit. */
  vanishMidTransaction(transactionalId: string, records: readonly OutRecord[]): Promise<void>
  /** As retention does. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>
}

export const partitions = 3
export const deadlineMs = 60_000

export async function withTopic(broker: Broker, label: string): Promise<string> {
  const name = `conformance.${label}.${randomUUID()}`
  const admin = await broker.openAdmin()
  await admin.createTopics([
    {
      name,
      partitions,
      replicationFactor: 1,
      config: { 'message.timestamp.type': 'LogAppendTime' },
    },
  ])
  await admin.close()
  return name
}

export function record(topic: string, partition: number, value: string, key = 'k'): OutRecord {
  return { topic, partition, key, value: Buffer.from(value) }
}

/** The same value to every partition: what a reader must see everywhere or nowhere. */
export function everywhere(topic: string, value: string): OutRecord[] {
  return Array.from({ length: partitions }, (_, partition) => record(topic, partition, value))
}

export function start(partition: number, topic: string): Position {
  return { topic, partition, offset: -1 }
}

/** Reads until `count` records came or the deadline passed. */
export async function readRecords(
  reader: Reader,
  positions: readonly Position[],
  count: number,
  waitMs = deadlineMs,
): Promise<InRecord[]> {
  const stream = reader.open(positions)
  const records: InRecord[] = []
  const until = performance.now() + waitMs
  while (records.length < count && performance.now() < until) {
    records.push(...(await stream.take(100, 200)).records)
  }
  stream.close()
  return records
}

export async function lastStable(broker: Broker, topic: string): Promise<number[]> {
  const admin = await broker.openAdmin()
  const offsets = await admin.offsets(topic)
  await admin.close()
  return offsets.toSorted((a, b) => a.partition - b.partition).map(entry => entry.lastStable)
}

/**
 * A commit is answered before its markers are written (the coordinator writes them afterwards): waits until
 * nothing is open any more, but not for long, since some cases leave a transaction open.
 */
export async function decided(broker: Broker, topic: string): Promise<void> {
  const reader = await broker.openReader({ maxWaitMs: 50 })
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  await Promise.allSettled(all.map(of => endOnceDecided(reader, of, 100)))
  await reader.close()
}

/** Where a partition ends, asked until nothing is open in it. */
export async function endOnceDecided(
  reader: Reader,
  of: TopicPartition,
  waitMs = deadlineMs,
): Promise<number> {
  const until = performance.now() + waitMs
  for (;;) {
    try {
      return await reader.committedEnd(of)
    } catch (error) {
      if (!hasCode('END_UNKNOWN')(error) || performance.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
}

/** Every record a reader sees now: from `from` (default: the start) to the last stable offset. */
export async function readAll(broker: Broker, topic: string, from?: Position): Promise<InRecord[]> {
  await decided(broker, topic)
  const stable = await lastStable(broker, topic)
  const reader = await broker.openReader({ maxWaitMs: 50 })
  const all = stable.map((_, partition) => start(partition, topic))
  const stream = reader.open(from === undefined ? all : [from])
  const records: InRecord[] = []
  const until = performance.now() + deadlineMs
  for (;;) {
    const chunk = await stream.take(1000, 100)
    records.push(...chunk.records)
    const isThere = ({ partition, offset }: Position): boolean => offset >= (stable[partition] ?? 0)
    if (chunk.positions.every(isThere)) break
    if (performance.now() > until) throw new Error(`${topic}: reading does not get to its end`)
  }
  await reader.close()
  return records
}

export const texts = (records: readonly InRecord[]): string[] =>
  records.map(({ value }) => value?.toString('utf8') ?? 'null')

/** The values of each partition. */
export function byPartition(records: readonly InRecord[]): string[][] {
  return Array.from({ length: partitions }, (_, number) =>
    texts(records.filter(({ partition }) => partition === number)),
  )
}

export async function valuesSeen(broker: Broker, topic: string): Promise<string[][]> {
  return byPartition(await readAll(broker, topic))
}

export const hasCode =
  (...codes: string[]) =>
  (error: unknown): boolean =>
    error instanceof FleetError && codes.includes(error.code)

export const isLost = (error: unknown): boolean =>
  error instanceof FleetError && error.code === 'TRANSACTION_LOST' && error.fate === 'transient'
