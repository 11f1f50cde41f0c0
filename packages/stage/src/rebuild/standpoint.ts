// Where a task stood by its changelog, and whether its inputs still tell how it came there.

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'

import type { StageDeclaration, TaskState } from '../declaration.ts'
import { barrierKey, decodeProgress, progressKey } from '../progress.ts'
import type { Progress } from '../progress.ts'
import { readTopicsOf } from '../redrive.ts'
import { StateHash } from '../state-hash.ts'
import type { InputSlice } from './merge-inputs.ts'
import type { PartitionLogs } from './partition-logs.ts'

export interface Standpoint {
  readonly progress: Progress
  /** Live keys of the changelog. */
  readonly keys: ReadonlySet<string>
  /** Of the stage's table alone; null: it has none. */
  readonly table: StateHash | null
  readonly hash: string
}

/** @throws FleetError REBUILD_IMPOSSIBLE (fatal): nothing says where the task stood. */
export async function readStandpoint(
  name: StageName,
  logs: PartitionLogs,
  partitionCount: number,
  table?: Topic,
): Promise<Standpoint> {
  const keys = new Set<string>()
  const tableHash = table === undefined ? null : await hashOf(table, logs)
  const hash = new StateHash(tableHash)
  let progress: Progress | null = null
  await logs.read(topics.changelogs[name], records => {
    for (const { key: bytes, value } of records) {
      const key = String(bytes ?? '')
      if (key === progressKey) progress = readable(value, partitionCount) ?? progress
      if (key === progressKey || key === barrierKey) continue
      hash.put(key, value)
      if (value === null) keys.delete(key)
      else keys.add(key)
    }
  })
  if (progress === null) {
    throw impossible(
      `the changelog of partition ${logs.partition} of ${name} has no progress record: where the stage ` +
        'stood is not known. See the runbook: a changelog that is lost',
    )
  }
  return { progress, keys, table: tableHash, hash: hash.toString() }
}

/** @throws FleetError END_UNKNOWN (transient): something open in it hides a part. */
async function hashOf(table: Topic, logs: PartitionLogs): Promise<StateHash> {
  const hash = new StateHash()
  await logs.sources.reader.committedEnd({ topic: table.name, partition: logs.partition })
  await logs.read(table, records => {
    for (const { key, value } of records) hash.putTable(String(key ?? ''), value)
  })
  return hash
}

function readable(value: Buffer | null, partitionCount: number): Progress | null {
  if (value === null) return null
  try {
    return decodeProgress(value, partitionCount)
  } catch {
    return null
  }
}

export interface Inputs {
  readonly slices: readonly InputSlice[]
  /** Nothing of what the task has read has been deleted since. */
  readonly isWhole: boolean
}

/**
 * @throws FleetError REBUILD_IMPOSSIBLE (fatal): an input was deleted in part, and the rest was not asked
 *   for; or it ends before the task's position.
 */
export async function inputsOf<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  logs: PartitionLogs,
  { positions }: Progress,
  isRestEnough: boolean,
): Promise<Inputs> {
  const slices: InputSlice[] = []
  const missing: string[] = []
  for (const topic of readTopicsOf(declaration)) {
    const to = positions[topic.name] ?? 0
    const { start, end } = await logs.reach(topic)
    if (end < to) {
      throw impossible(`${topic.name}-${logs.partition} ends at ${end}, before the position ${to}`)
    }
    const from = Math.min(start, to)
    if (from > 0) missing.push(`${topic.name}-${logs.partition} before ${from}`)
    slices.push({ topic: topic.name, partition: logs.partition, from, to })
  }
  if (missing.length > 0 && !isRestEnough) {
    throw impossible(
      `records that the memory of ${declaration.name} was made of have been deleted by their retention: ` +
        `${missing.join(', ')}. See the runbook: a changelog that can't be trusted`,
    )
  }
  return { slices, isWhole: missing.length === 0 }
}

export function impossible(message: string): FleetError {
  return new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
}
