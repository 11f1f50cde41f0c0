// Makes the changelog of one partition anew from what else is in Kafka. It writes nothing but the changelog.

import { topics } from '@fleet/contracts'
import type { Broker } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import {
  asOnlyWriter,
  ChangelogFold,
  commitNothing,
  readStandpoint,
  rewriteChangelog,
} from '@fleet/stage'
import type { Commit, Rewritten } from '@fleet/stage'

import type { ProcessorChange } from '../core/memory.ts'
import { createState } from '../stage.ts'
import type { ProcessorState } from '../state/processor-state.ts'
import type { SeenLogOptions } from '../state/seen-log.ts'
import type { DecodedLogs } from './decoded-logs.ts'
import { recall } from './recall.ts'
import type { RecallSettings } from './recall.ts'

const stage = 'processor'

export interface RebuildRequest extends RecallSettings {
  readonly broker: Pick<Broker, 'openWriter'>
  readonly environment: string
  readonly partitionCount: number
  readonly state: SeenLogOptions
  /** Reads everything and writes nothing. */
  readonly isDryRun: boolean
  readonly barrier: string
}

export interface RebuildReport extends Rewritten {
  readonly partition: number
  readonly ids: number
  readonly resources: number
}

export async function rebuildPartition(
  logs: DecodedLogs,
  request: RebuildRequest,
): Promise<RebuildReport> {
  if (request.isDryRun) return rebuild(logs, request, commitNothing)
  const owner = { ...request, stage, partition: logs.partition } as const
  const report = await asOnlyWriter(owner, commit => rebuild(logs, request, commit))
  await verify(logs, request, report)
  return report
}

async function rebuild(
  logs: DecodedLogs,
  request: RebuildRequest,
  commit: Commit,
): Promise<RebuildReport> {
  const standpoint = await readStandpoint(stage, logs, request.partitionCount, topics.state)
  const { positions, streamTimeMs } = standpoint.progress
  const position = positions[topics.raw.name] ?? 0
  const state = createState(request.state)
  return rewriteChangelog(standpoint, commit, async log => {
    const recalled = await recall(logs, request, { position, streamTimeMs }, async changes => {
      for (const change of changes) state.stage(change)
      state.advance(streamTimeMs)
      await log.put(state.pending())
      // Before the state may use the bytes of its records again.
      await log.flush()
      state.commit()
    })
    return { partition: logs.partition, ...recalled }
  })
}

/** Restores it as the processor will. */
async function verify(
  logs: DecodedLogs,
  { state, partitionCount }: RebuildRequest,
  { ids, resources }: RebuildReport,
): Promise<void> {
  const source = logs.tableSource(topics.state)
  const fold = new ChangelogFold<ProcessorState, ProcessorChange>(createState(state), source)
  await logs.read(topics.changelogs[stage], records => {
    for (const { key, value } of records) fold.take(String(key ?? ''), value)
  })
  await logs.readTable(topics.state, records => {
    for (const { key, value } of records) fold.takeTable(String(key ?? ''), value)
  })
  fold.finish(partitionCount, stage, logs.partition)
  const sizes = fold.state.sizes()
  const idsHeld = Math.min(ids, state.idsMax)
  if (sizes['resources'] !== resources || sizes['seen_ids'] !== idsHeld) {
    const message = `wrote ${ids} ids and ${resources} resources, read ${JSON.stringify(sizes)}`
    throw new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
  }
}
