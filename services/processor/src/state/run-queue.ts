// The records that hold the remembered ids, oldest first. New ones come and merged ones go at the
// end, outdated ones go at the start; no step looks at more than it changes.

import type { SeenBlockKind } from '../core/seen-block.ts'

/** One changelog record: the ids of `count` ordinals from `first` on. */
export interface Run {
  readonly number: number
  readonly kind: SeenBlockKind
  readonly first: number
  readonly count: number
}

/** So many dropped places are kept before they are cut off, at once. */
const droppedMax = 1024

export class RunQueue {
  readonly #runs: Run[] = []
  /** Those before it are dropped. */
  #start = 0

  get size(): number {
    return this.#runs.length - this.#start
  }

  push(run: Run): void {
    this.#runs.push(run)
  }

  /** How many of the oldest hold nothing at or after the ordinal. */
  countEndingBefore(ordinal: number): number {
    let at = this.#start
    for (; at < this.#runs.length; at++) {
      const run = this.#runs[at]
      if (run === undefined || run.first + run.count > ordinal) break
    }
    return at - this.#start
  }

  oldest(count: number): Run[] {
    return this.#runs.slice(this.#start, this.#start + count)
  }

  /** The newest runs that are not merged, without the `skipped` oldest of all. */
  newestSmall(skipped: number): Run[] {
    let at = this.#runs.length
    while (at > this.#start + skipped && this.#runs[at - 1]?.kind === 'run') at--
    return this.#runs.slice(at)
  }

  dropNewest(count: number): void {
    this.#runs.length -= count
  }

  dropOldest(count: number): void {
    this.#start += count
    if (this.#start < droppedMax || this.#start * 2 < this.#runs.length) return
    this.#runs.splice(0, this.#start)
    this.#start = 0
  }
}
