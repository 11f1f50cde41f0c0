// The cluster and its topics, and what can only be seen when they are there.

import { allTopics } from '@fleet/contracts'
import type { Kafka } from '../kafka.ts'
import type { Settings } from '../settings.ts'
import type { TopicPlan } from '../topics/plan-topics.ts'
import { readPlan } from '../topics/topics.ts'
import type { Context } from '../verb.ts'
import { guarded, listOf, unwell, well } from './check.ts'
import type { Check } from './check.ts'
import { deadLetterChecks } from './dead-letter-checks.ts'
import { groupChecks } from './group-checks.ts'
import { viewCheck } from './view-checks.ts'

export async function kafkaChecks(
  context: Context,
  settings: Settings,
  kafka: Kafka,
): Promise<Check[]> {
  const { admin } = kafka
  const { brokers } = await admin.describeCluster()
  const list = brokers.map(({ id, host, port }) => `${id} at ${host}:${port}`).join(', ')
  const cluster = well(
    'kafka',
    `${brokers.length} broker${brokers.length === 1 ? '' : 's'}: ${list}`,
  )
  const plan = await readPlan(admin, settings.partitions)
  const seen = [cluster, topicsCheck(plan, settings.partitions)]
  // Without its topics nothing else can be seen, and saying so once is enough.
  if (missingTopics(plan).length > 0) return seen
  const rest = await Promise.all([
    guarded('consumer groups', 'make status', () => groupChecks(admin, settings)),
    guarded('state view', 'make status', () => viewCheck(admin, settings)),
    guarded('dead letters', 'make status', () => deadLetterChecks(context, settings, kafka)),
  ])
  return [...seen, ...rest.flat()]
}

export function topicsCheck(plan: TopicPlan, partitions: number): Check {
  const missing = missingTopics(plan)
  if (missing.length > 0) {
    const detail = `${missing.length} of ${allTopics.length} missing: ${listOf(missing)}`
    return unwell('topics', detail, 'fleet topics apply')
  }
  const { drift } = plan
  if (drift.length > 0) {
    const seen = listOf(drift.map(({ topic, detail }) => `${topic}: ${detail}`))
    const remedy = drift.every(({ correctable }) => correctable)
      ? 'fleet topics apply'
      : 'set FLEET_PARTITIONS to what Kafka has, or start a new topology generation'
    return unwell('topics', seen, remedy)
  }
  return well('topics', `all ${allTopics.length} as declared, ${partitions} partitions`)
}

function missingTopics({ changes }: TopicPlan): string[] {
  return changes.filter(({ action }) => action === 'create').map(({ topic }) => topic)
}
