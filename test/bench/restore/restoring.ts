// The stage's own restore (packages/stage/src/restore.ts) of the processor's memory, from records at hand
// instead of a broker: the fold, the table's records decoded, the hash of both compared.

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { InRecord, Reader } from '@fleet/kafka'
import { systemClock, systemRandom } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import type { StageDeclaration } from '@fleet/stage'

import { barrierKey } from '../../../packages/stage/src/progress.ts'
import { restoreState } from '../../../packages/stage/src/restore.ts'
import type { Restored } from '../../../packages/stage/src/restore.ts'
import type { ProcessorChange } from '../../../services/processor/src/core/memory.ts'
import { processorStage } from '../../../services/processor/src/index.ts'
import type { ProcessorState } from '../../../services/processor/src/state/processor-state.ts'
import { CompactedLog } from './log.ts'

export const partitionCount = 6

export const codec = await openCodec({
  registry: memoryRegistry(),
  cacheFile: null,
  clock: systemClock,
})
await codec.load([topics.state])

export const declaration: StageDeclaration<ProcessorState, ProcessorChange> = processorStage({
  settings: {
    dedupeWindowHours: 168,
    maxSkewSeconds: 300,
    stateHorizonDays: 400,
    seenIdsMax: 10_000_000,
  },
  keyRing: () => {
    throw new Error('nothing is verified')
  },
  endpoints: () => new Map(),
  platform,
})

/** What a restore reads. */
export interface Logs {
  readonly changelog: CompactedLog
  readonly table: CompactedLog
}

export function newLogs(cleanedToMs?: number): Logs {
  return {
    changelog: new CompactedLog(topics.changelogs.processor, cleanedToMs),
    table: new CompactedLog(topics.state, cleanedToMs),
  }
}

/** @throws FleetError STATE_DIFFERS (fatal) unless it comes to what the last transaction left. */
export function restore(logs: Logs): Promise<Restored<ProcessorState>> {
  return restoreState({
    declaration,
    partitionCount,
    partition: 0,
    topic: topics.changelogs.processor.name,
    barrierOffset: logs.changelog.length,
    reader: readerOf(logs),
    codec,
    clock: systemClock,
    random: systemRandom,
    stopping: new AbortController().signal,
    known: null,
    onWaiting: error => {
      throw error
    },
    onReady: () => {},
  })
}

/** The changelog's, with the barrier of its new writer at the end. */
function* withBarrier(changelog: CompactedLog): Generator<InRecord> {
  yield* changelog.records()
  const value = Buffer.from('one more writer')
  const place = { topic: changelog.topic, partition: 0, offset: changelog.length, timestampMs: 0 }
  yield { ...place, key: Buffer.from(barrierKey), value, headers: {} }
}

function readerOf({ changelog, table }: Logs): Reader {
  return {
    committedEnd: () => Promise.resolve(table.length),
    open: ([position]) => {
      const topic = position?.topic ?? ''
      const unread = topic === table.topic ? table.records() : withBarrier(changelog)
      let offset = 0
      return {
        take: max => {
          const records: InRecord[] = []
          while (records.length < max) {
            const { value, done } = unread.next()
            if (done === true) break
            records.push(value)
          }
          offset += records.length
          return Promise.resolve({ records, positions: [{ topic, partition: 0, offset }] })
        },
        ahead: () => [],
        wake: () => {},
        lag: () => [],
        close: () => {},
      }
    },
    problem: () => null,
    failed: new Promise<never>(() => {}),
    close: () => Promise.resolve(),
  }
}
