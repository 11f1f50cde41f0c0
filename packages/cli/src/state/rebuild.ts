// `fleet state rebuild`: makes sure that nobody works on the stage, then lets its own tool write the
// changelog anew. The processor's is made of what it wrote; any other stage decides its inputs again.

import { groupIdOf } from '@fleet/contracts'
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

export interface RebuildOptions {
  dryRun: boolean
  yes: boolean
  fromWhatIsLeft: boolean
  acceptDifferences: boolean
}

interface AnyReport {
  partition: number
  records_before: number
  records_after: number
  hash_before: string
  hash_after: string
}

interface ProcessorReport extends AnyReport {
  ids: number
  resources: number
}

interface ReplayedReport extends AnyReport {
  inputs: number
  dead_letters: number
  outputs_then: number
  outputs_again: number
  outputs_equal: boolean | null
  inputs_whole: boolean
}

type Report = ProcessorReport | ReplayedReport

export async function rebuildVerb(
  context: Context,
  options: StateOptions & RebuildOptions,
): Promise<ExitCode> {
  const { stage, dryRun, yes } = options
  refuseOptions(options)
  if (!dryRun && !yes) {
    throw new UsageError(
      `this writes the changelog of ${stage} anew: say --yes to do it, --dry-run to see first`,
    )
  }
  const settings = readSettings()
  const started = context.clock.elapsedMs()
  const partitions = await withKafka(context, settings, async kafka => {
    const asked = await partitionsOf(kafka, options)
    if (!dryRun) await refuseWhileWorkedOn(kafka, groupIdOf(settings.environment, stage))
    return runStateTool<Report>(context, stage, [
      'rebuild',
      ...(stage === 'processor' ? [] : ['--stage', stage]),
      ...asked.partitions.flatMap(partition => ['--partition', String(partition)]),
      '--partitions',
      String(asked.partitionCount),
      ...(dryRun ? ['--dry-run'] : []),
      ...(options.fromWhatIsLeft ? ['--from-what-is-left'] : []),
      ...(options.acceptDifferences ? ['--accept-differences'] : []),
    ])
  })
  const seconds = Math.round(context.clock.elapsedMs() - started) / 1000
  if (context.json) printJson(context, { stage, dry_run: dryRun, seconds, partitions })
  else show(context, partitions, dryRun, seconds)
  return exitCodes.ok
}

function refuseOptions({
  stage,
  fromWhatIsLeft,
  acceptDifferences,
}: StateOptions & RebuildOptions) {
  if (stage === 'processor' && (fromWhatIsLeft || acceptDifferences)) {
    throw new UsageError(
      '--from-what-is-left and --accept-differences are not for the processor: it decides nothing again',
    )
  }
  if (stage === 'accounting-sink' && fromWhatIsLeft) {
    throw new UsageError(
      'the ledger needs all of its inputs: its balances and entries of what has been deleted since stand ' +
        'in its changelog alone. Put that back from a copy; see the runbook',
    )
  }
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

function show(
  { terminal }: Context,
  reports: readonly Report[],
  dryRun: boolean,
  seconds: number,
): void {
  const shown = reports.map(report => ({
    partition: report.partition,
    ...('ids' in report ? ofProcessor(report) : ofReplayed(report)),
    'live records': `${report.records_before} → ${report.records_after}`,
    'hash before': report.hash_before,
    'hash after': report.hash_after,
  }))
  const head = Object.keys(shown[0] ?? {})
  terminal.write(
    table(
      terminal,
      head,
      shown.map(row => Object.values(row)),
    ),
  )
  const done = dryRun ? 'would be rebuilt, nothing was written' : 'rebuilt and read back'
  terminal.write(`${reports.length} partitions ${done}, in ${seconds} s\n`)
  if (reports.some(report => 'inputs' in report && report.outputs_equal === false)) {
    terminal.write('Other outputs are decided now than then: see the runbook.\n')
  }
  if (!dryRun) terminal.write('Now start the stage again.\n')
}

function ofProcessor({ ids, resources }: ProcessorReport) {
  return { ids, resources }
}

function ofReplayed(report: ReplayedReport) {
  const { inputs, outputs_then: then, outputs_again: again, outputs_equal: equal } = report
  const compared = equal === null ? 'not compared' : equal ? 'the same' : 'not the same'
  return {
    inputs: report.inputs_whole ? inputs : `${inputs} (what is left)`,
    'dead letters': report.dead_letters,
    outputs: `${then} → ${again}, ${compared}`,
  }
}
