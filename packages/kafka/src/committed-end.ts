// Where the committed records of one partition end, asked of its leader alone: other partitions of the
// topic, and whether anybody leads them, do not matter. A broker that has just begun to lead and does not know
// yet how much is committed refuses to answer (KIP-207).

import { FleetError, messageOf, systemClock } from '@fleet/runtime'

import type { Cluster } from './kafkajs.ts'
import { leaderOf } from './leader-of.ts'
import { tpName } from './produce.ts'
import type { TopicPartition } from './record.ts'
import { refusal } from './refusals.ts'

const committed = 1
const uncommitted = 0
/** While a leader moves; who asks in vain has to fence and restore again, which takes seconds. */
const attemptsMax = 5
const retryMs = 200

/** @throws FleetError END_UNKNOWN (transient); those of a refusal (fatal). */
export async function committedEnd(
  cluster: Cluster,
  connect: () => Promise<void>,
  where: TopicPartition,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connect()
      await cluster.addMultipleTargetTopics([where.topic])
      // In this order: what a transaction decided meanwhile has added counts as decided, not as open.
      const end = await askedEnd(cluster, where, uncommitted)
      const stable = await askedEnd(cluster, where, committed)
      return stableEnd(where, stable, end)
    } catch (error) {
      if (error instanceof FleetError) throw error
      const refused = refusal(error)
      if (refused !== null) throw refused
      // Whoever asks again asks who leads it now.
      await cluster.refreshMetadata().catch(() => {})
      if (attempt === attemptsMax) throw endUnknown(where, messageOf(error), error)
      await systemClock.sleep(retryMs)
    }
  }
}

/** What is open hides what is committed behind it. */
export function stableEnd(where: TopicPartition, stable: number, end: number): number {
  if (stable >= end) return stable
  throw endUnknown(where, `a transaction is open at ${stable}, and the log goes on to ${end}`)
}

async function askedEnd(
  cluster: Cluster,
  where: TopicPartition,
  isolationLevel: number,
): Promise<number> {
  const { topic, partition } = where
  const leader = leaderOf(cluster, where)
  if (leader === null) throw new Error('nobody leads it')
  const node = await cluster.findBroker({ nodeId: leader })
  const { responses } = await node.listOffsets({
    replicaId: -1,
    isolationLevel,
    topics: [{ topic, partitions: [{ partition, timestamp: '-1' }] }],
  })
  const offset = Number(responses[0]?.partitions[0]?.offset ?? Number.NaN)
  if (!Number.isSafeInteger(offset)) throw new Error('an answer without an offset')
  return offset
}

function endUnknown(where: TopicPartition, why: string, cause?: unknown): FleetError {
  const message = `where ${tpName(where)} ends is not known now: ${why}`
  return new FleetError('END_UNKNOWN', 'transient', message, { cause })
}
