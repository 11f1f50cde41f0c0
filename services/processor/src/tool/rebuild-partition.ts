// Writes the changelog of one partition anew from what else is in Kafka. It writes nothing but the
// changelog, as the one writer that is allowed to: whoever runs the partition is fenced. The position
// and the counts stay. Until the last transaction the progress names a state that is none, so that a
// rebuild that was broken off can't be started from; it can be repeated.

import { topics, transactionalIdOf } from '@fleet/contracts'
import type { Broker, OutRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { barrierKey, ChangelogFold, encodeProgress, progressKey, StateHash } from '@fleet/stage'
import type { ChangelogRecord, Progress } from '@fleet/stage'

import type { ProcessorChange } from '../core/memory.ts'
import { ProcessorState } from '../state/processor-state.ts'
import type { SeenLogOptions } from '../state/seen-log.ts'
import type { PartitionLogs } from './partition-logs.ts'
import { recall } from './recall.ts'
import type { RecallSettings } from './recall.ts'

const changelog = topics.changelogs.processor
/** Of one transaction: far below what the broker takes in one request. */
const tombstonesMax = 4096
const bytesMax = 4 * 1024 * 1024
const unfinished = { hash: 'rebuilding', entries: 0 }

export interface RebuildRequest extends RecallSettings {
  readonly broker: Broker
  readonly environment: string
  readonly partitionCount: number
  readonly state: SeenLogOptions
  /** Reads everything and writes nothing. */
  readonly isDryRun: boolean
  readonly barrier: string
}

export interface RebuildReport {
  readonly partition: number
  readonly ids: number
  readonly resources: number
  /** Live records of the state in the changelog, before and after. */
  readonly records_before: number
  readonly records_after: number
  readonly hash_before: string
  readonly hash_after: string
  readonly transactions: number
}

export async function rebuildPartition(
  logs: PartitionLogs,
  request: RebuildRequest,
): Promise<RebuildReport> {
  const { broker, environment, isDryRun, barrier } = request
  const { partition } = logs
  if (isDryRun) return rebuild(logs, request, () => Promise.resolve())
  const transactionalId = transactionalIdOf(environment, 'processor', partition)
  const writer = await broker.openWriter({ transactionalId })
  const write = async (records: readonly ChangelogRecord[]): Promise<void> => {
    const out = records.map((record): OutRecord => ({
      topic: changelog.name,
      partition,
      ...record,
    }))
    await writer.commit(out)
  }
  try {
    await write([{ key: barrierKey, value: Buffer.from(barrier) }])
    const report = await rebuild(logs, request, write)
    // Begins only when the markers of the one before it are written: what is read back ends behind that.
    await write([{ key: barrierKey, value: Buffer.from(barrier) }])
    await verify(logs, request, report)
    return report
  } finally {
    await writer.close()
  }
}

type Write = (records: readonly ChangelogRecord[]) => Promise<void>

async function rebuild(
  logs: PartitionLogs,
  request: RebuildRequest,
  write: Write,
): Promise<RebuildReport> {
  const { keys, progress, hash: hashBefore } = await readChangelog(logs, request.partitionCount)
  const position = progress.positions[topics.raw.name] ?? 0
  const state = new ProcessorState(request.state)
  const hash = new StateHash()
  const written = new Set<string>()
  let transactions = 0
  const commit = async (records: readonly ChangelogRecord[]): Promise<void> => {
    if (records.length === 0) return
    for (const { key, value } of records) {
      if (value === null) written.delete(key)
      else written.add(key)
    }
    hash.after(records)
    await write(records)
    transactions++
  }
  await write([progressRecord({ ...progress, state: unfinished })])
  const { streamTimeMs } = progress
  const recalled = await recall(logs, request, { position, streamTimeMs }, async changes => {
    for (const change of changes) state.stage(change)
    state.advance(streamTimeMs)
    for (const records of bounded(state.pending())) await commit(records)
    state.commit()
  })
  const outdated = [...keys].filter(key => !written.has(key))
  for (let at = 0; at < outdated.length; at += tombstonesMax) {
    await commit(outdated.slice(at, at + tombstonesMax).map(key => ({ key, value: null })))
  }
  await write([progressRecord({ ...progress, state: hash.mark })])
  return {
    partition: logs.partition,
    ...recalled,
    records_before: keys.size,
    records_after: hash.entries,
    hash_before: hashBefore,
    hash_after: hash.toString(),
    transactions,
  }
}

/** Live keys, and the newest progress that can be read. */
async function readChangelog(logs: PartitionLogs, partitionCount: number) {
  const keys = new Set<string>()
  const hash = new StateHash()
  let progress: Progress | null = null
  await logs.read(changelog, -1, await logs.end(changelog), ({ key: bytes, value }) => {
    const key = String(bytes ?? '')
    if (key === progressKey) progress = readable(value, partitionCount) ?? progress
    if (key === progressKey || key === barrierKey) return
    hash.put(key, value)
    if (value === null) keys.delete(key)
    else keys.add(key)
  })
  if (progress === null) {
    const message =
      `the changelog of partition ${logs.partition} has no progress record: ` +
      'where the processor stood is not known. See the runbook: a changelog that is lost'
    throw new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
  }
  return { keys, hash: hash.toString(), progress: progress as Progress }
}

function readable(value: Buffer | null, partitionCount: number): Progress | null {
  try {
    const progress = JSON.parse(String(value)) as Progress | null
    return progress?.partitionCount === partitionCount ? progress : null
  } catch {
    return null
  }
}

/** Portions of records by bytes: rows of resources may be large. */
function* bounded(records: readonly ChangelogRecord[]): Generator<ChangelogRecord[]> {
  let portion: ChangelogRecord[] = []
  let bytes = 0
  for (const record of records) {
    portion.push(record)
    bytes += record.key.length + (record.value?.length ?? 0)
    if (bytes < bytesMax) continue
    yield portion
    portion = []
    bytes = 0
  }
  yield portion
}

function progressRecord(progress: Progress): ChangelogRecord {
  return { key: progressKey, value: encodeProgress(progress) }
}

/** Restores it as the processor will. */
async function verify(
  logs: PartitionLogs,
  { state, partitionCount }: RebuildRequest,
  { ids, resources }: RebuildReport,
): Promise<void> {
  const fold = new ChangelogFold<ProcessorState, ProcessorChange>(new ProcessorState(state))
  await logs.read(changelog, -1, await logs.end(changelog), ({ key, value }) =>
    fold.take(String(key ?? ''), value),
  )
  fold.finish(partitionCount, 'processor', logs.partition)
  const sizes = fold.state.sizes()
  const idsHeld = Math.min(ids, state.idsMax)
  if (sizes['resources'] !== resources || sizes['seen_ids'] !== idsHeld) {
    const message = `wrote ${ids} ids and ${resources} resources, read ${JSON.stringify(sizes)}`
    throw new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
  }
}
