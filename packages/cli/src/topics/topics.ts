// `fleet topics plan` and `fleet topics apply`.

import { allTopics } from '@fleet/contracts'
import type { Admin } from '@fleet/kafka'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'
import { declaredConfig, planTopics } from './plan-topics.ts'
import type { ActualTopic, TopicChange, TopicPlan } from './plan-topics.ts'

/** More copies than this buy nothing; on fewer brokers every broker has one. */
const replicationFactorMax = 3

export async function planTopicsVerb(context: Context): Promise<ExitCode> {
  const settings = readSettings()
  const plan = await withKafka(context, settings, ({ admin }) =>
    readPlan(admin, settings.partitions),
  )
  print(context, plan, 'would be made by fleet topics apply')
  return plan.drift.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** Reports what it changed, and the drift that is left. */
export async function applyTopicsVerb(context: Context): Promise<ExitCode> {
  const settings = readSettings()
  const result = await withKafka(context, settings, async ({ admin }) => {
    const { changes } = await readPlan(admin, settings.partitions)
    await applyChanges(admin, changes)
    return { changes, drift: (await readPlan(admin, settings.partitions)).drift }
  })
  print(context, result, 'made')
  return result.drift.length === 0 ? exitCodes.ok : exitCodes.failed
}

export async function readPlan(admin: Admin, partitions: number): Promise<TopicPlan> {
  const described = await admin.describeTopics(allTopics.map(topic => topic.name))
  const actual = new Map<string, ActualTopic>()
  for (const topic of described) if (topic !== null) actual.set(topic.name, topic)
  return planTopics(allTopics, actual, partitions)
}

export async function applyChanges(admin: Admin, changes: readonly TopicChange[]): Promise<void> {
  const { brokers } = await admin.describeCluster()
  const replicationFactor = Math.max(1, Math.min(replicationFactorMax, brokers.length))
  const missing = changes.filter(change => change.action === 'create')
  await admin.createTopics(
    missing.map(({ topic, partitions, config }) => ({
      name: topic,
      partitions,
      replicationFactor,
      config,
    })),
  )
  // Altering replaces a topic's settings as a whole, so each altered topic gets all declared ones.
  const altered = new Set(changes.filter(change => change.action === 'alter').map(at => at.topic))
  for (const topic of allTopics) {
    if (altered.has(topic.name)) await admin.alterTopicConfig(topic.name, declaredConfig(topic))
  }
}

function print(context: Context, plan: TopicPlan, whatOfChanges: string): void {
  if (context.json) return printJson(context, plan)
  const { terminal } = context
  const { green, yellow } = terminal.colors
  if (plan.changes.length === 0 && plan.drift.length === 0) {
    terminal.write(green(`All ${allTopics.length} topics are as declared.\n`))
    return
  }
  if (plan.changes.length > 0) {
    terminal.write(`${plan.changes.length} change(s) ${whatOfChanges}:\n`)
    terminal.write(table(terminal, ['action', 'topic', 'what'], plan.changes.map(changeRow)))
  }
  if (plan.drift.length > 0) {
    terminal.write(yellow(`${plan.drift.length} differences (drift):\n`))
    const rows = plan.drift.map(({ topic, detail }) => [topic, detail])
    terminal.write(table(terminal, ['topic', 'difference'], rows))
  }
}

function changeRow(change: TopicChange): string[] {
  if (change.action === 'create') {
    const config = Object.entries(change.config).map(([name, value]) => `${name}=${value}`)
    return ['create', change.topic, `${change.partitions} partitions, ${config.join(' ')}`]
  }
  return ['alter', change.topic, `${change.setting}: ${change.from ?? 'not set'} → ${change.to}`]
}
