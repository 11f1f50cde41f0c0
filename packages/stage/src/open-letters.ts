// The letters a task wrote and has not yet processed, by id: only these come back through the redrive
// topic, each at the attempt it failed in. Written in the transaction that wrote the letter, removed in
// the one that processes it, so that replaying a letter twice changes nothing.

import { topics } from '@fleet/contracts'

import type { ChangelogRecord } from './declaration.ts'

/** Begins the changelog keys of letters; a state's keys never start with `!`. */
const letterKeyPrefix = '!letter/'

export interface OpenLetter {
  /** How often it has failed. */
  attempt: number
  /** Stream time of its last failure, milliseconds. */
  failedAtMs: number
}

/** Dead-letter topics of all stages are kept alike. */
const retentionMs = (topics.deadLetters.processor.retentionDays ?? Infinity) * 86_400_000

export function isLetterKey(key: string): boolean {
  return key.startsWith(letterKeyPrefix)
}

/** Most letters of a task; beyond it the oldest are given up: they can't be replayed then. */
const lettersMax = 500_000

/**
 * A letter as one number, since there may be many: the second of its failure, rounded up, and the
 * attempt.
 */
const attemptsMax = 65_536

export class OpenLetters {
  /** In the order of their last failure. */
  readonly #committed = new Map<string, number>()
  readonly #staged = new Map<string, OpenLetter | null>()
  readonly #max: number
  /** How many more there will be when what is staged is committed. */
  #growth = 0
  #shed = 0
  /** Walks the committed letters, oldest first, once in a transaction. */
  #oldest: Iterator<string> | null = null

  constructor(max = lettersMax) {
    this.#max = max
  }

  get size(): number {
    return this.#committed.size
  }

  /** The attempt in which the letter failed last; null: it is not ours, or it was processed. */
  attemptOf(id: string): number | null {
    const staged = this.#staged.get(id)
    if (staged !== undefined) return staged?.attempt ?? null
    const packed = this.#committed.get(id)
    return packed === undefined ? null : packed % attemptsMax
  }

  /** How many older ones it took to make room. */
  keep(id: string, letter: OpenLetter): number {
    if (this.attemptOf(id) === null) this.#growth++
    this.#staged.set(id, letter)
    let shed = 0
    while (this.#committed.size + this.#growth > this.#max && this.#removeOldest()) shed++
    this.#shed += shed
    return shed
  }

  remove(id: string): void {
    if (this.attemptOf(id) !== null) this.#growth--
    this.#staged.set(id, null)
  }

  #removeOldest(): boolean {
    this.#oldest ??= this.#committed.keys()
    for (;;) {
      const { done, value } = this.#oldest.next()
      if (done === true) return false
      if (this.#staged.has(value)) continue
      this.remove(value)
      return true
    }
  }

  /** Forgets letters that their topic no longer holds: they can't come back. */
  advance(streamTimeMs: number): void {
    for (const [id, packed] of this.#committed) {
      const failedAtMs = Math.floor(packed / attemptsMax) * 1000
      if (failedAtMs + retentionMs >= streamTimeMs) return
      if (!this.#staged.has(id)) this.remove(id)
    }
  }

  /** The changelog records of a transaction: the state's, then those of the letters. */
  after(ofState: readonly ChangelogRecord[]): readonly ChangelogRecord[] {
    if (this.#staged.size === 0) return ofState
    const own = [...this.#staged].map(([id, letter]) => ({
      key: `${letterKeyPrefix}${id}`,
      value: letter === null ? null : Buffer.from(JSON.stringify(letter)),
    }))
    return [...ofState, ...own]
  }

  commit(): void {
    if (this.#staged.size === 0) return
    for (const [id, letter] of this.#staged) {
      this.#committed.delete(id)
      if (letter !== null) this.#committed.set(id, packed(letter))
    }
    this.#staged.clear()
    this.#growth = 0
    this.#oldest = null
  }

  restore(key: string, value: Buffer | null): void {
    // A text of its own: a slice would hold on to the whole key.
    const id = Buffer.from(key.slice(letterKeyPrefix.length)).toString()
    this.#committed.delete(id)
    if (value === null) return
    this.#committed.set(id, packed(JSON.parse(value.toString('utf8')) as OpenLetter))
  }

  sizes(): Record<string, number> {
    return { letters: this.size, letters_max: this.#max, letters_shed: this.#shed }
  }
}

function packed({ attempt, failedAtMs }: OpenLetter): number {
  return Math.ceil(failedAtMs / 1000) * attemptsMax + Math.min(attempt, attemptsMax - 1)
}
