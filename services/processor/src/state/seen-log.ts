// Remembered ids and how they lie in the changelog: each transaction writes a small run; small runs
// are merged into blocks, so that restoring costs what there are ids, not what there were
// transactions. Staged ids are found at once but become memory only by commit().
//
// Records, in sighting order by their number: `s/<number>` → a block of seen-block.ts. A merged
// block takes the number of the first run it replaces and the others get tombstones, in one
// transaction: at every point of the log, compacted or not, the newest value of each key together
// hold each id once.

import type { ChangelogRecord } from '@fleet/stage'

import { encodeSeenBlock } from '../core/seen-block.ts'
import type { SeenBlock, SeenBlockKind } from '../core/seen-block.ts'
import { SeenEvents } from '../core/seen-events.ts'
import type { SeenId } from '../core/seen-id.ts'
import type { SeenEntry } from '../core/seen-segment.ts'

/** Small runs are merged when there are as many runs, or as many ids in them. */
const mergeDefault = { runs: 256, ids: 4096 } as const
/** Keeps a record far below the broker's limit: 229 KiB. */
const blockIdsMax = 8192

/** One changelog record: the ids of `count` ordinals from `first` on. */
interface Run {
  readonly number: number
  readonly kind: SeenBlockKind
  readonly first: number
  readonly count: number
}

interface Plan {
  readonly records: ChangelogRecord[]
  readonly runs: Run[]
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
  readonly #seen = new SeenEvents()
  readonly #staged: SeenEntry[] = []
  /** Position in `#staged` by id. */
  readonly #stagedAt = new Map<string, number>()
  #runs: Run[] = []
  #nextNumber = 0
  #streamTimeMs = 0
  #plan: Plan | null = null
  #shedCount = 0

  constructor(options: SeenLogOptions) {
    this.#options = options
  }

  /** The newest sighting held, staged ones included, whatever its age. */
  find(id: SeenId): SeenEntry | undefined {
    const floor = this.#total - this.#options.idsMax
    const at = this.#stagedAt.get(id.join())
    if (at === undefined) return this.#seen.find(id, floor)
    return this.#seen.total + at >= floor ? this.#staged[at] : undefined
  }

  stage(entry: SeenEntry): void {
    this.#plan = null
    this.#stagedAt.set(entry.id.join(), this.#staged.length)
    this.#staged.push(entry)
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
    for (const entry of this.#staged) this.#seen.append(entry)
    const outOfTime = this.#seen.ordinalSince(this.#streamTimeMs - this.#options.windowMs)
    this.#shedCount += Math.max(0, plan.head - Math.max(outOfTime, this.#seen.head))
    this.#seen.dropBefore(plan.head)
    this.#runs = plan.runs
    this.#nextNumber = Math.max(this.#nextNumber, (plan.runs.at(-1)?.number ?? -1) + 1)
    this.#staged.length = 0
    this.#stagedAt.clear()
    this.#plan = null
  }

  /** Takes in a record of the changelog; called by ascending number, before anything is staged. */
  load(number: number, block: SeenBlock): void {
    const first = this.#seen.total
    for (const entry of block.entries) this.#seen.append(entry)
    this.#runs.push({ number, kind: block.kind, first, count: block.entries.length })
    this.#nextNumber = number + 1
  }

  sizes(): Record<string, number> {
    return {
      seen_ids: this.#seen.size,
      seen_bytes: this.#seen.bytes,
      seen_ids_shed: this.#shedCount,
      seen_records: this.#runs.length,
    }
  }

  /** Ids appended so far, staged ones included. */
  get #total(): number {
    return this.#seen.total + this.#staged.length
  }

  #makePlan(): Plan {
    const sinceMs = this.#streamTimeMs - this.#options.windowMs
    const head = Math.max(this.#seen.ordinalSince(sinceMs), this.#total - this.#options.idsMax)
    const firstKept = this.#runs.findIndex(run => run.first + run.count > head)
    const gone = firstKept < 0 ? this.#runs : this.#runs.slice(0, firstKept)
    const kept = this.#runs.slice(gone.length)
    const records = gone.map(({ number }) => tombstone(number))
    const small = kept.splice(kept.findLastIndex(run => run.kind === 'merged') + 1)
    const smallIds = small.reduce((sum, run) => sum + run.count, this.#staged.length)
    const { runs, ids } = this.#options.merge ?? mergeDefault
    const merges = small.length + 1 >= runs || smallIds >= ids
    const replaced = merges && this.#staged.length > 0 ? small : []
    if (replaced.length === 0) kept.push(...small)
    const first = replaced[0]?.first ?? this.#seen.total
    const written = this.#write(merges ? 'merged' : 'run', first, replaced)
    return { records: [...records, ...written.records], runs: [...kept, ...written.runs], head }
  }

  /** Writes the ids from `first` on, staged ones included, in the place of the replaced runs. */
  #write(kind: SeenBlockKind, first: number, replaced: readonly Run[]) {
    const start = Math.max(first, this.#seen.head)
    const entries = [...this.#seen.entries(start, this.#seen.total), ...this.#staged]
    const numbers = replaced.map(run => run.number)
    const records: ChangelogRecord[] = []
    const runs: Run[] = []
    let fresh = this.#nextNumber
    for (let at = 0; at < entries.length; at += blockIdsMax) {
      const part = entries.slice(at, at + blockIdsMax)
      const number = numbers.shift() ?? fresh++
      runs.push({ number, kind, first: start + at, count: part.length })
      records.push({ key: seenKey(number), value: bytesOf({ kind, entries: part }) })
    }
    return { records: [...records, ...numbers.map(tombstone)], runs }
  }
}

function bytesOf(block: SeenBlock): Buffer {
  return Buffer.from(encodeSeenBlock(block).buffer)
}

function tombstone(number: number): ChangelogRecord {
  return { key: seenKey(number), value: null }
}

export const seenKeyPrefix = 's/'

function seenKey(number: number): string {
  return `${seenKeyPrefix}${number}`
}
