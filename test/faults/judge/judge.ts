// The judgement of a run: reads everything once with Kafka's Java client and holds it against what was
// sent, what was injected and what the independent models say.

import { readFileSync } from 'node:fs'

import { resourceKey } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import { parseEndpoints } from '@fleet/sources'

import type { Poison } from '../kinds/poison.ts'
import { partitions } from '../world/world.ts'
import type { World } from '../world/world.ts'
import type { AvroSchemas } from './avro-schemas.ts'
import { readEvidence } from './evidence.ts'
import type { Evidence } from './evidence.ts'
import type { LiveReader } from './live-reader.ts'
import { judgeEdge, judgePoison, judgeProcessor } from './judge-pipeline.ts'
import type { Sent } from './judge-pipeline.ts'
import { judgeSinks } from './judge-sinks.ts'
import { rules } from './violation.ts'
import type { Rule, Violation } from './violation.ts'

/** Those of the product's settings; the run does not change them. */
const windowHours = 168
const skewSeconds = 300
const horizonDays = 400
const viewSampleMax = 300

export interface Judgement {
  readonly violations: readonly Violation[]
  readonly byRule: Readonly<Record<Rule, number>>
  /** Records read, by topic. */
  readonly records: number
  readonly raw: number
  readonly published: number
  readonly duplicates: number
  readonly deadLetters: number
  readonly crm: number
  readonly entries: number
  readonly signals: number
  readonly alerts: number
  readonly tasks: number
  /** Records of tasks: each a step. */
  readonly taskSteps: number
  readonly lettersOfSinks: number
  /** Letters that came back and failed again, each time. */
  readonly lettersTriedAgain: number
  readonly poisonOutcomes: ReadonlyMap<string, number>
  readonly viewChecked: number
  /** Records the reader during the faults was shown. */
  readonly live: number
}

export async function judge(
  world: World,
  schemas: AvroSchemas,
  sent: Sent,
  poison: Poison,
  live: LiveReader,
): Promise<Judgement> {
  const evidence = await readEvidence({
    jars: world.jars,
    brokers: world.cluster.direct,
    schemas,
    keys: world.keys,
    partitionCount: partitions,
    poisonOf: mark => poison.expectation(mark),
  })
  const poisoned = judgePoison(evidence)
  const view = await judgeView(evidence, world)
  const violations = [
    ...judgeEdge(evidence, sent),
    ...judgeProcessor(evidence, modelSettings(world)),
    ...poisoned.violations,
    ...judgeSinks(evidence),
    ...view.violations,
    ...(await live.compare(evidence.digests)),
  ]
  const byRule = Object.fromEntries(
    rules.map(rule => [rule, violations.filter(one => one.rule === rule).length]),
  ) as Record<Rule, number>
  const letters = evidence.letters.get('processor')?.length ?? 0
  return {
    violations,
    byRule,
    records: [...evidence.counts.values()].reduce((sum, count) => sum + count, 0),
    raw: evidence.raw.length,
    published: evidence.events.length,
    duplicates: evidence.raw.length - evidence.events.length - letters,
    deadLetters: letters,
    crm: evidence.crm.length,
    entries: evidence.entries.length,
    ...figuresOf(evidence),
    poisonOutcomes: poisoned.outcomes,
    viewChecked: view.checked,
    live: live.records,
  }
}

/** Of the stages behind the ledger and the CRM, and of what came back to them. */
function figuresOf({ signals, alerts, tasks, letters }: Evidence) {
  const ofSinks = [...letters].flatMap(([stage, all]) => (stage === 'processor' ? [] : all))
  const again = ofSinks.filter(({ value }) => value.attempt > 1).length
  return {
    signals: signals.length,
    alerts: alerts.length,
    tasks: new Set(tasks.map(({ value }) => value.task_id)).size,
    taskSteps: tasks.length,
    lettersOfSinks: ofSinks.length - again,
    lettersTriedAgain: again,
  }
}

function modelSettings({ endpointsFile }: World): Parameters<typeof judgeProcessor>[1] {
  const parsed = parseEndpoints(readFileSync(endpointsFile, 'utf8'), 'development')
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  const endpoints = new Map(parsed.endpoints.map(endpoint => [endpoint.id, endpoint]))
  return { windowHours, skewSeconds, horizonDays, endpoints, platform }
}

/** A sample of resources as the API shows them, against the newest state record of each. */
async function judgeView(
  { states }: Evidence,
  world: World,
): Promise<{ violations: Violation[]; checked: number }> {
  const newest = new Map(states.map(state => [state.key, state]))
  const [api] = world.product.of('api')
  const step = Math.max(1, Math.floor(newest.size / viewSampleMax))
  const violations: Violation[] = []
  let checked = 0
  for (const [index, { key, value, partition, offset }] of [...newest.values()].entries()) {
    if (index % step !== 0 || value === null) continue
    const { tenant_id: tenant, resource, version } = value
    if (resourceKey(tenant, resource.type, resource.id) !== key) continue
    const path = `${encodeURIComponent(resource.type)}/${encodeURIComponent(resource.id)}`
    const url = `http://127.0.0.1:${api?.port}/v1/resources/${path}?tenant=${tenant}`
    const response = await fetch(url)
    const shown = (await response.json()) as {
      state?: { version: number }
      as_of?: { partition: number; offset: number }
    }
    checked++
    const is = `${shown.state?.version} of ${shown.as_of?.partition}@${shown.as_of?.offset}`
    const must = `${version} of ${partition}@${offset}`
    if (is === must) continue
    violations.push({ rule: 'wrong', where: key, detail: `the view shows ${is}, must be ${must}` })
  }
  return { violations, checked }
}
