// What would have to change for Kafka's topics to be as declared. Pure: the declaration and what Kafka
// says go in, a plan comes out.

import { microsPerDay, microsPerMilli } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'

/** A topic as Kafka describes it. */
export interface ActualTopic {
  partitions: number
  config: Readonly<Record<string, string>>
}

export type TopicChange =
  | { action: 'create'; topic: string; partitions: number; config: Record<string, string> }
  | { action: 'alter'; topic: string; setting: string; from: string | null; to: string }

/** An existing topic that is not as declared. */
interface TopicDrift {
  topic: string
  setting: string
  declared: string
  actual: string | null
  /** False: `apply` will not touch it, a person has to. */
  correctable: boolean
  detail: string
}

export interface TopicPlan {
  changes: TopicChange[]
  drift: TopicDrift[]
}

const dayMs = microsPerDay / microsPerMilli
const hourMs = dayMs / 24

/** Every setting that is declared; what is not named here is the broker's default. */
export function declaredConfig(topic: Topic): Record<string, string> {
  const retentionMs = topic.retentionDays === null ? -1 : topic.retentionDays * dayMs
  return {
    'cleanup.policy': topic.kind === 'table' ? 'compact' : 'delete',
    'max.message.bytes': String(topic.maxMessageBytes),
    'message.timestamp.type': 'LogAppendTime',
    // The broker stores plain batches whatever a producer sends: our readers know no zstd, snappy or
    // lz4, and one batch in them would stop its partition.
    'compression.type': 'uncompressed',
    ...(topic.kind === 'stream' ? { 'retention.ms': String(retentionMs) } : {}),
    // Restoring reads all of it: keep little behind the cleaner (reliability, changelogs).
    ...(topic.key === 'private' || topic.memoryOf !== undefined
      ? { 'min.cleanable.dirty.ratio': '0.1', 'segment.ms': String(hourMs) }
      : {}),
  }
}

export function planTopics(
  declared: readonly Topic[],
  actual: ReadonlyMap<string, ActualTopic>,
  partitions: number,
): TopicPlan {
  const plan: TopicPlan = { changes: [], drift: [] }
  for (const topic of declared) {
    const config = declaredConfig(topic)
    const found = actual.get(topic.name)
    if (found === undefined) {
      plan.changes.push({ action: 'create', topic: topic.name, partitions, config })
      continue
    }
    if (found.partitions !== partitions) {
      plan.drift.push(partitionDrift(topic.name, partitions, found.partitions))
    }
    for (const [setting, to] of Object.entries(config)) {
      const from = found.config[setting] ?? null
      if (isSame(from, to)) continue
      plan.changes.push({ action: 'alter', topic: topic.name, setting, from, to })
      plan.drift.push({
        topic: topic.name,
        setting,
        declared: to,
        actual: from,
        correctable: true,
        detail: `${setting} is ${from ?? 'not set'} instead of ${to}; fleet topics apply sets it`,
      })
    }
  }
  return plan
}

// Kafka writes numbers its own way: 0.1 may come back as 0.10.
function isSame(from: string | null, to: string): boolean {
  return from === to || (from !== null && from !== '' && Number(from) === Number(to))
}

function partitionDrift(topic: string, declared: number, actual: number): TopicDrift {
  return {
    topic,
    setting: 'partitions',
    declared: String(declared),
    actual: String(actual),
    correctable: false,
    detail:
      `${actual} partitions instead of ${declared}; never changed in place, because keys would ` +
      'move away from their state. Set FLEET_PARTITIONS back, or start a new topology generation',
  }
}
