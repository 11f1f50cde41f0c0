// `fleet state rebuild`: makes sure that nobody works on the stage, then lets its own tool write the
// changelog anew.

import { groupIdOf, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import type { Kafka } from '../kafka.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { partitionsOf, runStateTool } from './state-tool.ts'
import type { StateOptions } from './verb.ts'

interface RebuildReport {
  partition: number
  ids: number
  resources: number
  records_before: number
  records_after: number
  hash_before: string
  hash_after: string
  transactions: number
}

export async function rebuildVerb(
  context: Context,
  options: StateOptions & { dryRun: boolean; yes: boolean },
): Promise<ExitCode> {
  const { stage, dryRun, yes } = options
  if (stage !== 'processor') throw new UsageError(instead(stage))
  if (!dryRun && !yes) {
    throw new UsageError(
      'this writes the changelog of the processor anew: say --yes to do it, --dry-run to see first',
    )
  }
  const settings = readSettings()
  const started = context.clock.elapsedMs()
  const partitions = await withKafka(context, settings, async kafka => {
    const asked = await partitionsOf(kafka, options)
    if (!dryRun) await refuseWhileWorkedOn(kafka, groupIdOf(settings.environment, stage))
    return runStateTool<RebuildReport>(context, [
      'rebuild',
      ...asked.partitions.flatMap(partition => ['--partition', String(partition)]),
      '--partitions',
      String(asked.partitionCount),
      ...(dryRun ? ['--dry-run'] : []),
    ])
  })
  const seconds = Math.round(context.clock.elapsedMs() - started) / 1000
  if (context.json) printJson(context, { stage, dry_run: dryRun, seconds, partitions })
  else show(context, partitions, dryRun, seconds)
  return exitCodes.ok
}

/** @throws FleetError STAGE_RUNNING (fatal) */
async function refuseWhileWorkedOn({ admin }: Kafka, groupId: string): Promise<void> {
  const { members } = await admin.describeGroup(groupId)
  if (members.length === 0) return
  const who = members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`).join(', ')
  throw new FleetError(
    'STAGE_RUNNING',
    'fatal',
    `group ${groupId} still has members (${who}): stop every process of the stage first. ` +
      'A process that was killed leaves the group after its session timeout, 10 s',
  )
}

const ofLedger =
  'The ledger forgets what is older than its inputs: balances, entries it knows again. An entry that is ' +
  'written once more may be posted to another month; the first of an id is the one that counts. '

/** Sinks keep little that their inputs do not tell again. */
function instead(stage: StageName): string {
  return (
    `the memory of ${stage} is made from its inputs alone, so there is nothing to rebuild it from but ` +
    'reading them again: stop its processes, delete its changelog topic ' +
    `(kafka-topics --delete --topic ${topics.changelogs[stage].name}), run: fleet topics apply, and start it. ` +
    'It reads what its inputs still hold and writes its records again with the same ids, which ' +
    `consumers that upsert do not notice. ${stage === 'accounting-sink' ? ofLedger : ''}See the runbook`
  )
}

function show(
  { terminal }: Context,
  reports: readonly RebuildReport[],
  dryRun: boolean,
  seconds: number,
): void {
  const head = ['partition', 'ids', 'resources', 'live records', 'hash before', 'hash after']
  const rows = reports.map(report => [
    report.partition,
    report.ids,
    report.resources,
    `${report.records_before} → ${report.records_after}`,
    report.hash_before,
    report.hash_after,
  ])
  terminal.write(table(terminal, head, rows))
  const sum = (name: 'ids' | 'resources'): number =>
    reports.reduce((all, report) => all + report[name], 0)
  const done = dryRun ? 'would be rebuilt, nothing was written' : 'rebuilt and read back'
  terminal.write(
    `${reports.length} partitions ${done}: ${sum('ids')} ids, ${sum('resources')} resources, ` +
      `in ${seconds} s\n`,
  )
  if (!dryRun) terminal.write('Now start the stage again.\n')
}
