// What the changelog and the state table of one partition say, read without fencing anybody: it may be in use.

import { formatMicros, topics } from '@fleet/contracts'
import { barrierKey, ChangelogFold, progressKey, StateHash } from '@fleet/stage'
import type { Progress } from '@fleet/stage'
import { messageOf } from '@fleet/runtime'

import type { ProcessorChange } from '../core/memory.ts'
import { createState } from '../stage.ts'
import type { ProcessorState } from '../state/processor-state.ts'
import type { SeenLogOptions } from '../state/seen-log.ts'
import type { DecodedLogs } from './decoded-logs.ts'

export async function inspectPartition(
  logs: DecodedLogs,
  options: SeenLogOptions,
  partitionCount: number,
  resourceKey: string | null,
) {
  const look = () => readBoth(logs, options, partitionCount)
  const first = await look()
  // Between the two logs the cleaner may have come, one marker have been late, or the processor have gone
  // on: a second look tells.
  const isClear = first.finished.message === null && first.behind === 0
  const { fold, finished, behind } = isClear ? first : await look()
  const problem = finished.message ?? foreignIn(logs, first, { finished, behind })
  const isSound = problem === null
  const { seen_ids: ids = 0, resources = 0, seen_bytes: idBytes = 0 } = fold.state.sizes()
  const progress = finished.value ?? problemOf(() => fold.progress(partitionCount)).value
  return {
    partition: logs.partition,
    ok: isSound,
    problem,
    records: fold.records + fold.tableRecords,
    table_records: fold.tableRecords,
    live_records: fold.hash.entries,
    ids,
    id_bytes: idBytes,
    resources,
    oldest_id: timeText(isSound ? fold.state.oldestIdMs : null),
    hash_computed: fold.hash.toString(),
    ...(await standing(logs, progress)),
    ...(resourceKey === null ? {} : { resource: rememberedOf(fold.state, resourceKey) }),
  }
}

async function readBoth(logs: DecodedLogs, options: SeenLogOptions, partitionCount: number) {
  const { fold, behind } = await foldOf(logs, options, partitionCount)
  return {
    fold,
    behind,
    finished: problemOf(() => fold.finish(partitionCount, 'processor', logs.partition)),
  }
}

interface Look {
  readonly finished: { readonly value: Progress | null }
  /** Records of the table behind what the newest progress vouches for. */
  readonly behind: number
}

/** What stands behind the progress of both looks, which is one and the same, is not the processor's. */
function foreignIn(logs: DecodedLogs, first: Look, { finished, behind }: Look): string | null {
  if (behind === 0 || finished.value?.transactions !== first.finished.value?.transactions)
    return null
  return (
    `${behind} records of ${topics.state.name}, partition ${logs.partition}, stand behind what the changelog ` +
    'vouches for: something else has written to it'
  )
}

/**
 * Changelog and table as they were together. They are two logs, read one after the other, and the table may
 * have gone on meanwhile: it is taken as far as the newest progress vouches for, by its hash.
 */
async function foldOf(logs: DecodedLogs, options: SeenLogOptions, partitionCount: number) {
  const source = logs.tableSource(topics.state)
  const fold = new ChangelogFold<ProcessorState, ProcessorChange>(createState(options), source)
  const hash = new StateHash()
  await logs.read(topics.changelogs.processor, records => {
    for (const { key: bytes, value } of records) {
      const key = String(bytes ?? '')
      fold.take(key, value)
      if (key !== progressKey && key !== barrierKey) hash.put(key, value)
    }
  })
  const kept = problemOf(() => fold.progress(partitionCount)).value?.state
  const isReached = (): boolean =>
    kept?.table === true && kept.entries === hash.entries && kept.hash === hash.toString()
  let isWhole = isReached()
  let behind = 0
  await logs.readTable(topics.state, records => {
    for (const { key: bytes, value } of records) {
      if (isWhole) {
        behind++
        continue
      }
      const key = String(bytes ?? '')
      fold.takeTable(key, value)
      hash.putTable(key, value)
      isWhole = isReached()
    }
  })
  return { fold, behind }
}

/** What the newest progress record says. */
async function standing(logs: DecodedLogs, progress: Progress | null) {
  const position = progress?.positions[topics.raw.name] ?? 0
  return {
    hash_stored: progress?.state?.hash ?? null,
    positions: progress?.positions ?? {},
    lag: Math.max(0, (await logs.end(topics.raw)) - position),
    stream_time: timeText(progress?.streamTimeMs ?? null),
    transactions: progress?.transactions ?? 0,
    counts: progress?.counts ?? null,
  }
}

function problemOf<Value>(work: () => Value): { value: Value | null; message: string | null } {
  try {
    return { value: work(), message: null }
  } catch (error) {
    return { value: null, message: messageOf(error) }
  }
}

function rememberedOf(state: ProcessorState, key: string) {
  const memory = problemOf(() => state.resource(key)).value
  if (memory === null || memory === undefined) return null
  const { version, registers, signals } = memory
  return {
    version,
    registers: Object.fromEntries(registers),
    signals: Object.fromEntries(signals),
  }
}

function timeText(ms: number | null): string | null {
  return ms === null || ms === 0 ? null : formatMicros(ms * 1000)
}
