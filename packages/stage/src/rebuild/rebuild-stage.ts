// Makes the changelog of one partition anew by deciding its inputs again, from the beginning up to where the
// task stood. It writes nothing but the changelog.

import { topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Broker } from '@fleet/kafka'
import type { Clock, Random } from '@fleet/runtime'

import { ChangelogFold } from '../changelog.ts'
import type { TaskState } from '../declaration.ts'
import { encodeProgress } from '../progress.ts'
import { FailuresThen } from './failures-then.ts'
import { PartitionLogs } from './partition-logs.ts'
import type { LogSources } from './partition-logs.ts'
import { redecide } from './redecide.ts'
import type { Redecided } from './redecide.ts'
import type { RebuildableStage } from './rebuildable.ts'
import { asOnlyWriter, commitNothing, rewriteChangelog } from './rewrite-changelog.ts'
import type { Commit, Rewritten } from './rewrite-changelog.ts'
import { impossible, inputsOf, readStandpoint } from './standpoint.ts'
import type { Inputs, Standpoint } from './standpoint.ts'
import { readWritten } from './written-then.ts'
import type { WrittenThen } from './written-then.ts'

export interface RebuildRequest {
  readonly sources: LogSources
  readonly broker: Pick<Broker, 'openWriter'>
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly sha256Hex: (text: string) => string
  readonly environment: string
  readonly partition: number
  readonly partitionCount: number
  /** Reads and decides everything and writes nothing. */
  readonly isDryRun: boolean
  /** From what is left of the inputs, where some of them was deleted. */
  readonly isRestEnough: boolean
  /** Goes on although other outputs are decided now than then. */
  readonly mayDiffer: boolean
  readonly barrier: string
}

export interface StageRebuild extends Rewritten {
  readonly partition: number
  /** Records decided again. */
  readonly inputs: number
  readonly dead_letters: number
  readonly outputs_then: number
  readonly outputs_again: number
  /** Null: they can't be compared. */
  readonly outputs_equal: boolean | null
  /** Nothing of the inputs had been deleted. */
  readonly inputs_whole: boolean
}

/** @throws FleetError REBUILD_IMPOSSIBLE (fatal), before anything is written where that can be told. */
export async function rebuildStage<State extends TaskState<Change>, Change>(
  stage: RebuildableStage<State, Change>,
  request: RebuildRequest,
): Promise<StageRebuild> {
  const { declaration, rules } = stage
  const { sources, partition, partitionCount, isRestEnough, isDryRun } = request
  const logs = new PartitionLogs(partition, sources)
  const standpoint = await readStandpoint(declaration.name, logs, partitionCount)
  const isRestAllowed = isRestEnough && !rules.needsWholeInputs
  const inputs = await inputsOf(declaration, logs, standpoint.progress, isRestAllowed)
  const failures = await FailuresThen.read(declaration.name, logs, request.codec)
  const written = await readWritten(rules, logs, request)
  const basis: Basis = { logs, standpoint, inputs, failures, written }
  // First to see what it comes to: what can't be rebuilt keeps the changelog it has.
  const dry = await refill(stage, request, basis, commitNothing)
  if (isDryRun) return dry
  if (dry.outputs_equal === false && !request.mayDiffer) {
    throw impossible(
      `partition ${partition} of ${declaration.name} wrote ${dry.outputs_then} outputs and decides ` +
        `${dry.outputs_again} now, not the same: was it another release, or were settings changed? ` +
        'Its memory would differ likewise; --accept-differences takes it as it is now',
    )
  }
  return write(stage, request, basis)
}

interface Basis {
  readonly logs: PartitionLogs
  readonly standpoint: Standpoint
  readonly inputs: Inputs
  readonly failures: FailuresThen
  readonly written: WrittenThen
}

async function write<State extends TaskState<Change>, Change>(
  stage: RebuildableStage<State, Change>,
  request: RebuildRequest,
  basis: Basis,
): Promise<StageRebuild> {
  const { name } = stage.declaration
  const report = await asOnlyWriter({ ...request, stage: name }, async commit => {
    await refuseIfMoved(name, request, basis)
    return refill(stage, request, basis, commit)
  })
  await verify(stage, request, basis.logs)
  return report
}

/**
 * Nobody writes any more; who did so since the standpoint was read, a process that was started meanwhile, is
 * ahead of it: going back would decide its records twice.
 */
async function refuseIfMoved(
  name: StageName,
  { partitionCount }: RebuildRequest,
  { logs, standpoint }: Basis,
): Promise<void> {
  const { progress, hash } = await readStandpoint(name, logs, partitionCount)
  const isSame = encodeProgress(progress).equals(encodeProgress(standpoint.progress))
  if (isSame && hash === standpoint.hash) return
  throw impossible(
    `partition ${logs.partition} of ${name} was worked on while it was read, nothing was changed: ` +
      'stop every process of the stage, and what starts it again, then repeat',
  )
}

async function refill<State extends TaskState<Change>, Change>(
  { declaration, rules }: RebuildableStage<State, Change>,
  request: RebuildRequest,
  { logs, standpoint, inputs, failures, written }: Basis,
  commit: Commit,
): Promise<StageRebuild> {
  return rewriteChangelog(standpoint, commit, async log => {
    const decided = await redecide({
      ...request,
      declaration,
      logs,
      slices: inputs.slices,
      until: standpoint.progress,
      failures,
      ticks: written.ticks,
      ownOutputs: rules.ownOutputs,
      put: records => log.put(records),
    })
    refuseOtherLetters(decided, failures, inputs)
    const isComparable = written.isWhole && inputs.isWhole
    return {
      partition: logs.partition,
      inputs: decided.inputs,
      dead_letters: decided.deadLettered,
      outputs_then: written.sum.count,
      outputs_again: decided.outputs.count,
      outputs_equal: isComparable ? written.sum.equals(decided.outputs) : null,
      inputs_whole: inputs.isWhole,
    }
  })
}

/** A record that fails now and did not then, by its size or its schema, has had its effect. */
function refuseOtherLetters(
  { deadLettered }: Redecided,
  failures: FailuresThen,
  { isWhole }: Inputs,
): void {
  if (isWhole ? deadLettered === failures.count : deadLettered <= failures.count) return
  throw impossible(`${failures.count} records were dead-lettered then, ${deadLettered} are now`)
}

/** Restores it as the stage will. */
async function verify<State extends TaskState<Change>, Change>(
  { declaration }: RebuildableStage<State, Change>,
  { partitionCount }: RebuildRequest,
  logs: PartitionLogs,
): Promise<void> {
  const { name } = declaration
  const fold = new ChangelogFold<State, Change>(declaration.createState())
  await logs.read(topics.changelogs[name], records => {
    for (const { key, value } of records) fold.take(String(key ?? ''), value)
  })
  fold.finish(partitionCount, name, logs.partition)
}
