// Has Kafka's log cleaner go over the topics that a restore reads, as it does within the hour in production.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { topics } from '@fleet/contracts'

import { declaredConfig } from '../../../../packages/cli/src/topics/plan-topics.ts'
import { withAdmin } from '../bench-kafka.ts'
import type { BenchKafka } from '../bench-kafka.ts'

const restoredFrom = [topics.changelogs.processor, topics.state]

/** The next record of a partition begins a new segment; the ones before it are then the cleaner's. */
export async function cleanSoon({ brokers }: BenchKafka): Promise<void> {
  const soon = { 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' }
  await withAdmin(brokers, async admin => {
    for (const topic of restoredFrom) {
      await admin.alterTopicConfig(topic.name, { ...declaredConfig(topic), ...soon })
    }
  })
}

/** Where each partition ends, by `<topic> <partition>`. */
export async function endsOf({ brokers }: BenchKafka): Promise<Map<string, number>> {
  return withAdmin(brokers, async admin => {
    const ends = new Map<string, number>()
    for (const { name } of restoredFrom) {
      for (const { partition, lastStable } of await admin.offsets(name)) {
        ends.set(`${name} ${partition}`, lastStable)
      }
    }
    return ends
  })
}

/** Whether the cleaner has come as far, by its own notes. */
export function isCleanedUpTo({ dataDir }: BenchKafka, ends: ReadonlyMap<string, number>): boolean {
  const notes = readFileSync(join(dataDir, 'kafka', 'data', 'cleaner-offset-checkpoint'), 'utf8')
  const cleaned = new Map(
    notes.split('\n').map(line => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))] as const
    }),
  )
  return [...ends].every(([partition, end]) => (cleaned.get(partition) ?? -1) >= end)
}
