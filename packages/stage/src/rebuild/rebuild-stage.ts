// Makes the changelog of one partition anew by deciding its inputs again, from the beginning up to where the
// task stood. It writes nothing but the changelog, as the one writer that is allowed to: whoever runs the
// partition is fenced. Positions and counts stay. Until the last transaction the progress names a state that
// is none, so that a rebuild that was broken off can't be started from; it can be repeated.

import { topics, transactionalIdOf } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Broker, OutRecord } from '@fleet/kafka'
import type { Clock, Random } from '@fleet/runtime'

import { ChangelogFold } from '../changelog.ts'
import type { ChangelogRecord, TaskState } from '../declaration.ts'
import { barrierKey, encodeProgress, progressKey } from '../progress.ts'
import { StateHash } from '../state-hash.ts'
import { FailuresThen } from './failures-then.ts'
import { PartitionLogs } from './partition-logs.ts'
import type { LogSources } from './partition-logs.ts'
import { redecide } from './redecide.ts'
import type { Redecided } from './redecide.ts'
import type { RebuildableStage } from './rebuildable.ts'
import { impossible, inputsOf, readStandpoint } from './standpoint.ts'
import type { Inputs, Standpoint } from './standpoint.ts'
import { readWritten } from './written-then.ts'
import type { WrittenThen } from './written-then.ts'

/** Of one transaction: far below what the broker takes in one request. */
const recordsMax = 4096
const bytesMax = 4 * 1024 * 1024
const unfinished = { hash: 'rebuilding', entries: 0 }

export interface RebuildRequest {
  readonly sources: LogSources
  readonly broker: Broker
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

export interface StageRebuild {
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
  /** Live records of the state in the changelog, before and after. */
  readonly records_before: number
  readonly records_after: number
  readonly hash_before: string
  readonly hash_after: string
}

/** @throws FleetError REBUILD_IMPOSSIBLE (fatal), before anything is written where that can be told. */
export async function rebuildStage<State extends TaskState<Change>, Change>(
  stage: RebuildableStage<State, Change>,
  request: RebuildRequest,
): Promise<StageRebuild> {
  const { declaration, rules } = stage
  const { sources, partition, partitionCount, isRestEnough, isDryRun } = request
  const logs = new PartitionLogs(partition, sources)
  const standpoint = await readStandpoint(declaration, logs, partitionCount)
  const isRestAllowed = isRestEnough && !rules.needsWholeInputs
  const inputs = await inputsOf(declaration, logs, standpoint.progress, isRestAllowed)
  const failures = await FailuresThen.read(declaration.name, logs, request.codec)
  const written = await readWritten(rules, logs, request)
  const basis: Basis = { logs, standpoint, inputs, failures, written }
  // First to see what it comes to: what can't be rebuilt keeps the changelog it has.
  const dry = await refill(stage, request, basis, () => Promise.resolve())
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

type Write = (records: readonly ChangelogRecord[]) => Promise<void>

async function write<State extends TaskState<Change>, Change>(
  stage: RebuildableStage<State, Change>,
  request: RebuildRequest,
  basis: Basis,
): Promise<StageRebuild> {
  const { name } = stage.declaration
  const { broker, environment, partition, barrier } = request
  const { name: topic } = topics.changelogs[name]
  const transactionalId = transactionalIdOf(environment, name, partition)
  const writer = await broker.openWriter({ transactionalId })
  const commit: Write = async records => {
    const out = records.map((record): OutRecord => ({ topic, partition, ...record }))
    await writer.commit(out)
  }
  try {
    await commit([{ key: barrierKey, value: Buffer.from(barrier) }])
    const report = await refill(stage, request, basis, commit)
    // Begins only when the markers of the one before it are written: what is read back ends behind that.
    await commit([{ key: barrierKey, value: Buffer.from(barrier) }])
    await verify(stage, request, basis.logs)
    return report
  } finally {
    await writer.close()
  }
}

async function refill<State extends TaskState<Change>, Change>(
  { declaration, rules }: RebuildableStage<State, Change>,
  request: RebuildRequest,
  { logs, standpoint, inputs, failures, written }: Basis,
  commit: Write,
): Promise<StageRebuild> {
  const { progress, keys } = standpoint
  const hash = new StateHash()
  const outdated = new Set(keys)
  const log = new BoundedLog(records => {
    for (const { key, value } of records) {
      if (value === null) outdated.add(key)
      else outdated.delete(key)
    }
    hash.after(records)
    return commit(records)
  })
  await commit([{ key: progressKey, value: encodeProgress({ ...progress, state: unfinished }) }])
  const decided = await redecide({
    ...request,
    declaration,
    logs,
    slices: inputs.slices,
    until: progress,
    failures,
    ticks: written.ticks,
    ownOutputs: rules.ownOutputs,
    put: records => log.put(records),
  })
  await log.flush()
  refuseOtherLetters(decided, failures, inputs)
  await log.put([...outdated].filter(key => keys.has(key)).map(key => ({ key, value: null })))
  await log.flush()
  await commit([{ key: progressKey, value: encodeProgress({ ...progress, state: hash.mark }) }])
  const isComparable = written.isWhole && inputs.isWhole
  return {
    partition: logs.partition,
    inputs: decided.inputs,
    dead_letters: decided.deadLettered,
    outputs_then: written.sum.count,
    outputs_again: decided.outputs.count,
    outputs_equal: isComparable ? written.sum.equals(decided.outputs) : null,
    inputs_whole: inputs.isWhole,
    records_before: keys.size,
    records_after: hash.entries,
    hash_before: standpoint.hash,
    hash_after: hash.toString(),
  }
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

/** Writes in portions; a deletion counts like a record. */
class BoundedLog {
  readonly #write: Write
  #records: ChangelogRecord[] = []
  #bytes = 0

  constructor(write: Write) {
    this.#write = write
  }

  async put(records: readonly ChangelogRecord[]): Promise<void> {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += record.key.length + (record.value?.length ?? 0)
      if (this.#records.length >= recordsMax || this.#bytes >= bytesMax) await this.flush()
    }
  }

  async flush(): Promise<void> {
    const records = this.#records
    this.#records = []
    this.#bytes = 0
    if (records.length > 0) await this.#write(records)
  }
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
