// What a run says at its end: the RESULT line and test/faults/REPORT.md, with figures and nothing that
// names a machine.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

import { backlogMax } from './fault-phase.ts'
import type { FaultPhase } from './fault-phase.ts'
import type { Judgement } from './judge/judge.ts'
import type { Poison } from './kinds/poison.ts'
import type { Load } from './load/events.ts'
import type { Sender } from './load/sender.ts'
import type { Refusal } from './partition-growth.ts'
import type { World } from './world/world.ts'

const reportFile = fileURLToPath(new URL('REPORT.md', import.meta.url))
export const reader = 'Kafka Java client, read_committed'

export interface Run {
  readonly seed: number
  readonly load: Load
  readonly kinds: readonly string[]
  readonly phase: FaultPhase
  readonly sender: Sender
  readonly poison: Poison
  readonly judgement: Judgement
  readonly healSeconds: number
  /** Services that ended by themselves before the last fault. */
  readonly ownEndings: readonly string[]
  readonly growth: readonly Refusal[]
  readonly world: World
  readonly seconds: number
}

export function resultLine(run: Run): string {
  const { judgement, phase } = run
  const { lost, repeated, misordered, torn, wrong } = judgement.byRule
  const figures = {
    name: 'faults',
    events: eventsOf(run),
    deliveries: run.sender.done,
    kills: killsOf(run),
    faults: faultsOf(run),
    reader,
    lost,
    repeated,
    misordered,
    torn,
    wrong,
    heal_s: Math.round(run.healSeconds * 10) / 10,
    fault_phase_s: Math.round(phase.seconds),
    held_s: Math.round(phase.heldSeconds),
    seed: run.seed,
  }
  return `RESULT ${JSON.stringify(figures)}`
}

function eventsOf({ phase }: Run): number {
  return phase.loads.reduce((sum, { events }) => sum + events, 0)
}

function faultsOf({ phase, growth }: Run): Record<string, number> {
  const faults = Object.fromEntries([...phase.faults].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return growth.length === 0 ? faults : { ...faults, partitions_grown: 1 }
}

function killsOf({ world }: Run): number {
  const { product, cluster, redis } = world
  const all = [...product.instances, ...cluster.brokers].map(({ process }) => process)
  return [...all, redis].reduce((sum, { kills }) => sum + kills, 0)
}

function serviceKillsOf({ world }: Run): string {
  return world.product.instances.map(({ name, process }) => `${name} ${process.kills}`).join(', ')
}

export function writeReport(run: Run): void {
  writeFileSync(reportFile, reportOf(run))
}

function reportOf(run: Run): string {
  const { judgement, phase, sender, poison, world, growth } = run
  const { loads } = phase
  const sum = (of: (load: Load) => number): number => loads.reduce((all, load) => all + of(load), 0)
  const deliveries = sum(load => load.deliveries.length)
  const duplicates = sum(load => load.deliveries.filter(({ isDuplicate }) => isDuplicate).length)
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`
  const table = (rows: readonly (readonly [string, string | number])[]): string =>
    ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
  const late = sum(load => load.late)
  const events = eventsOf(run)
  return `# A run of the fault harness

Written by \`make faults\`. ${machine()}. Seed ${run.seed}; ${Math.round(run.seconds)} s in all.
Three brokers, replication 3, \`min.insync.replicas\` 2; processes: ${world.product.instances
    .map(({ name }) => name)
    .join(', ')}.

## Load

${table([
  ['distinct events', events],
  ['deliveries answered 200', sender.accepted.size],
  ['planned deliveries', `${deliveries}, ${percent(duplicates, deliveries)} of them redeliveries`],
  ['late events', `${late}, ${percent(late, events)}`],
  [
    'answers by status',
    [...sender.statuses].map(([status, times]) => `${status}: ${times}`).join(', '),
  ],
  ['fault phase', `${Math.round(phase.seconds)} s`],
])}

For ${Math.round(phase.heldSeconds)} s of it the load waited, because the processor had more than ${backlogMax} records before it: that bounds what must be healed.

## Faults

${table(Object.entries(faultsOf(run)))}

Killed with -9 in all: ${killsOf(run)}; of the services: ${serviceKillsOf(run)}. Full disk by: ${world.cluster.disk?.kind ?? 'refused here'}.
Services that ended by themselves and were started again: ${run.ownEndings.length === 0 ? 'none' : run.ownEndings.join(', ')}.
Poison refused by the broker itself: ${poison.refused}. Beside the poison, ${poison.foreign} good records in a schema nobody had read before, while the registry was not well. What the rest and these came to:
${[...judgement.poisonOutcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', ')}.
${growth.length === 0 ? '' : `With a partition more in raw: ${growth.map(({ name, said }) => `${name}: ${said?.slice(0, 120) ?? 'went on'}`).join('; ')}.\n`}
## Judgement

Read by ${reader}: ${judgement.records} records.

${table([
  ['raw records', judgement.raw],
  ['published', judgement.published],
  ['duplicates', judgement.duplicates],
  ['dead letters of the processor', judgement.deadLetters],
  ['CRM records', judgement.crm],
  ['journal entries', judgement.entries],
  ['alert signals, with ticks', judgement.signals],
  ['alerts', judgement.alerts],
  ['tasks', `${judgement.tasks}, in ${judgement.taskSteps} steps`],
  ['dead letters of the sinks', judgement.lettersOfSinks],
  ['letters replayed that failed again', judgement.lettersTriedAgain],
  ['resources compared with the view', judgement.viewChecked],
  ['records shown to a reader during the faults', judgement.live],
  ['lost', judgement.byRule.lost],
  ['repeated', judgement.byRule.repeated],
  ['misordered', judgement.byRule.misordered],
  ['torn', judgement.byRule.torn],
  ['otherwise wrong', judgement.byRule.wrong],
  ['at rest after healing', `${run.healSeconds.toFixed(1)} s`],
])}
${judgement.violations
  .slice(0, 50)
  .map(({ rule, where, detail }) => `- ${rule}: ${where}: ${detail}`)
  .join('\n')}
`
}

function machine(): string {
  const java = execFileSync('java', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return `${cpus().length} cores, Node ${process.versions.node}, ${java}`
}
