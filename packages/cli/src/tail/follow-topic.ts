// Reads a topic from a start to an end: so many records, a time, or until the command is stopped.

import { FleetError } from '@fleet/runtime'
import type { Admin, InRecord, Position } from '@fleet/kafka'
import { UsageError } from '../exit-code.ts'
import type { Kafka } from '../kafka.ts'
import type { Context } from '../verb.ts'
import type { Start } from './start.ts'

export interface FollowPlan {
  topic: string
  start: Start
  recordsMax: number
  /** Null: without end. */
  timeoutMs: number | null
  /** Null: all. */
  partition: number | null
  accept(record: InRecord): boolean
}

const batchRecords = 500
/** How late the stop signal is noticed at most when nothing arrives. */
const waitMsMax = 500
/** What is there at the start is read even beyond the time-out, but not for ever. */
const catchUpMsMax = 60_000

export async function followTopic(
  { clock, stopping }: Pick<Context, 'clock' | 'stopping'>,
  { admin, broker }: Kafka,
  plan: FollowPlan,
  show: (records: InRecord[]) => Promise<void>,
): Promise<void> {
  const { positions, ends } = await findPositions(admin, plan)
  const endsAtMs = plan.timeoutMs === null ? Infinity : clock.elapsedMs() + plan.timeoutMs
  const reader = await broker.openReader({ maxWaitMs: waitMsMax })
  const stream = reader.open(positions)
  const wake = (): void => stream.wake()
  stopping.addEventListener('abort', wake)
  let shown = 0
  try {
    while (!stopping.aborted && shown < plan.recordsMax) {
      const leftMs = endsAtMs - clock.elapsedMs()
      const isCaughtUp = ends.size === 0
      if (leftMs <= 0 && isCaughtUp) break
      if (leftMs < -catchUpMsMax) throw notCaughtUp(plan.topic)
      const waitMs = leftMs <= 0 ? waitMsMax : Math.min(waitMsMax, leftMs)
      const chunk = await Promise.race([stream.take(batchRecords, waitMs), reader.failed])
      const records = chunk.records.filter(record => plan.accept(record))
      const wanted = records.slice(0, plan.recordsMax - shown)
      if (wanted.length > 0) await show(wanted)
      shown += wanted.length
      for (const { partition, offset } of chunk.positions) {
        if (offset >= (ends.get(partition) ?? Infinity)) ends.delete(partition)
      }
    }
  } finally {
    stopping.removeEventListener('abort', wake)
    stream.close()
    await reader.close().catch(() => {})
  }
}

/** Where each partition starts, and for those that have something now, where that ends. */
async function findPositions(
  admin: Admin,
  plan: FollowPlan,
): Promise<{ positions: Position[]; ends: Map<number, number> }> {
  const { topic, start, partition: only } = plan
  const [description] = await admin.describeTopics([topic], { config: false })
  if (description === null || description === undefined) {
    const message = `${topic} does not exist. try: fleet topics apply`
    throw new FleetError('TOPIC_MISSING', 'fatal', message)
  }
  if (only !== null && only >= description.partitions) {
    throw new UsageError(`${topic} has partitions 0 to ${description.partitions - 1}`)
  }
  const offsets = await admin.offsets(topic)
  const byTime =
    typeof start === 'string' ? [] : await admin.offsetsAtTime(topic, start.timestampMs)
  const positions: Position[] = []
  const ends = new Map<number, number>()
  for (const { partition, logStart, lastStable } of offsets) {
    if (only !== null && partition !== only) continue
    const atTime = byTime.find(position => position.partition === partition)?.offset ?? lastStable
    const offset = start === 'earliest' ? logStart : start === 'latest' ? lastStable : atTime
    positions.push({ topic, partition, offset })
    if (offset < lastStable) ends.set(partition, lastStable)
  }
  return { positions, ends }
}

function notCaughtUp(topic: string): FleetError {
  const message = `${topic} could not be read to its end in time. try: fleet doctor`
  return new FleetError('KAFKA_UNREACHABLE', 'transient', message)
}
