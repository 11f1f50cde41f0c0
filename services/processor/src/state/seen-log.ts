// Remembered ids and how they lie in the changelog: each transaction writes a small run; small runs
// are merged into blocks, so that restoring costs what there are ids, not what there were
// transactions. Staged ids are found at once but become memory only by commit().
//
// Records, in sighting order by their number: `s/<number>` → a block of seen-block.ts. A merged
// block takes the number of the first run it replaces and the others get tombstones, in one
// transaction: at every point of the log, compacted or not, the newest value of each key together
// hold each id once.

import type { ChangelogRecord } from '@fleet/stage'

import { blockHeadBytes, newSeenBlock, readSeenBlock } from '../core/seen-block.ts'
import type { SeenBlockKind } from '../core/seen-block.ts'
import { SeenEvents } from '../core/seen-events.ts'
import type { SeenId } from '../core/seen-id.ts'
import type { SeenEntry, Sighting } from '../core/seen-segment.ts'
import { RunQueue } from './run-queue.ts'
import type { Run } from './run-queue.ts'

/** Small runs are merged when there are as many runs, or as many ids in them. */
const mergeDefault = { runs: 256, ids: 4096 } as const
/** Keeps a record far below the broker's limit: 229 KiB. */
const blockIdsMax = 8192

/** What the next transaction does to the runs, and the records that say so. */
interface Plan {
  readonly records: ChangelogRecord[]
  readonly goneCount: number
  /** Newest runs that merging replaces. */
  readonly replacedCount: number
  readonly added: readonly Run[]
  /** Ordinal of the oldest id to keep. */
  readonly head: number
}

export interface SeenLogOptions {
  readonly windowMs: number
  /** More ids than this are never remembered: the oldest are shed, counted, before their time. */
  readonly idsMax: number
  readonly merge?: { readonly runs: number; readonly ids: number }
}

export class SeenLog {
  readonly #options: SeenLogOptions
  /** Staged ids are its newest, from `#committed` on: with a failed state, they go as a whole. */
  readonly #seen = new SeenEvents()
  #committed = 0
  readonly #runs = new RunQueue()
  #nextNumber = 0
  #streamTimeMs = 0
  #plan: Plan | null = null
  #shedCount = 0

  constructor(options: SeenLogOptions) {
    this.#options = options
  }

  /** The newest sighting held, staged ones included, whatever its age. */
  find(id: SeenId): Sighting | undefined {
    return this.#seen.find(id, this.#seen.total - this.#options.idsMax)
  }

  stage({ id, firstSeenMs, fingerprint }: SeenEntry): void {
    this.#plan = null
    this.#seen.append(id, firstSeenMs, fingerprint)
  }

  advance(streamTimeMs: number): void {
    this.#plan = null
    this.#streamTimeMs = Math.max(this.#streamTimeMs, streamTimeMs)
  }

  pending(): ChangelogRecord[] {
    this.#plan ??= this.#makePlan()
    return this.#plan.records
  }

  commit(): void {
    const plan = (this.#plan ??= this.#makePlan())
    const outOfTime = this.#seen.ordinalSince(this.#streamTimeMs - this.#options.windowMs)
    this.#shedCount += Math.max(0, plan.head - Math.max(outOfTime, this.#seen.head))
    this.#seen.dropBefore(plan.head)
    this.#committed = this.#seen.total
    this.#runs.dropOldest(plan.goneCount)
    this.#runs.dropNewest(plan.replacedCount)
    for (const run of plan.added) {
      this.#runs.push(run)
      this.#nextNumber = Math.max(this.#nextNumber, run.number + 1)
    }
    this.#plan = null
  }

  /** Makes room for what load() will bring. */
  reserve(bytes: number): void {
    this.#seen.reserve(Math.ceil(bytes / entryBytesMin))
  }

  /**
   * Takes in a record of the changelog; called by ascending number, before anything is staged.
   * False: the bytes are no block.
   */
  load(number: number, bytes: Uint8Array): boolean {
    const block = readSeenBlock(bytes)
    if (block === null) return false
    const { kind, count } = block
    this.#runs.push({ number, kind, first: this.#seen.total, count })
    this.#seen.appendBytes(bytes, blockHeadBytes, count)
    this.#committed = this.#seen.total
    this.#nextNumber = number + 1
    return true
  }

  /** Called after the last load(). */
  loaded(): void {
    this.#seen.finishAppending()
  }

  sizes(): Record<string, number> {
    const { idsMax } = this.#options
    const ids = this.#committed - this.#seen.head
    return {
      seen_ids: ids,
      seen_ids_max: idsMax,
      seen_bytes: this.#seen.bytes,
      seen_ids_shed: this.#shedCount,
      seen_records: this.#runs.size,
    }
  }

  /** Stream time of the oldest id; null when there is none. */
  get oldestMs(): number | null {
    return this.#seen.oldestMs
  }

  #makePlan(): Plan {
    const { windowMs, idsMax, merge = mergeDefault } = this.#options
    const { total, head: heldFrom } = this.#seen
    const head = Math.max(this.#seen.ordinalSince(this.#streamTimeMs - windowMs), total - idsMax)
    const goneCount = this.#runs.countEndingBefore(head)
    const records = this.#runs.oldest(goneCount).map(({ number }) => tombstone(number))
    const staged = total - this.#committed
    if (staged === 0) return { records, goneCount, replacedCount: 0, added: [], head }
    const small = this.#runs.newestSmall(goneCount)
    const smallIds = small.reduce((sum, run) => sum + run.count, staged)
    const merges = small.length + 1 >= merge.runs || smallIds >= merge.ids
    const replaced = merges ? small : []
    const first = Math.max(replaced[0]?.first ?? this.#committed, heldFrom)
    const written = this.#write(merges ? 'merged' : 'run', first, replaced)
    records.push(...written.records)
    return { records, goneCount, replacedCount: replaced.length, added: written.runs, head }
  }

  /** Writes the ids from `first` on, staged ones included, in the place of the replaced runs. */
  #write(kind: SeenBlockKind, first: number, replaced: readonly Run[]) {
    const numbers = replaced.map(run => run.number)
    const records: ChangelogRecord[] = []
    const runs: Run[] = []
    let fresh = this.#nextNumber
    for (let from = first; from < this.#seen.total; from += blockIdsMax) {
      const count = Math.min(blockIdsMax, this.#seen.total - from)
      const bytes = newSeenBlock(kind, count)
      this.#seen.writeBytes(from, from + count, bytes, blockHeadBytes)
      const number = numbers.shift() ?? fresh++
      runs.push({ number, kind, first: from, count })
      records.push({ key: seenKey(number), value: Buffer.from(bytes.buffer) })
    }
    for (const number of numbers) records.push(tombstone(number))
    return { records, runs }
  }
}

/** An entry of a block; its head byte makes the estimate a little large. */
const entryBytesMin = 28

function tombstone(number: number): ChangelogRecord {
  return { key: seenKey(number), value: null }
}

export const seenKeyPrefix = 's/'

function seenKey(number: number): string {
  return `${seenKeyPrefix}${number}`
}
