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

export class OpenLetters {
  /** In the order of their last failure. */
  readonly #committed = new Map<string, OpenLetter>()
  readonly #staged = new Map<string, OpenLetter | null>()

  get size(): number {
    return this.#committed.size
  }

  /** The attempt in which the letter failed last; null: it is not ours, or it was processed. */
  attemptOf(id: string): number | null {
    const staged = this.#staged.get(id)
    if (staged !== undefined) return staged?.attempt ?? null
    return this.#committed.get(id)?.attempt ?? null
  }

  keep(id: string, letter: OpenLetter): void {
    this.#staged.set(id, letter)
  }

  remove(id: string): void {
    this.#staged.set(id, null)
  }

  /** Forgets letters that their topic no longer holds: they can't come back. */
  advance(streamTimeMs: number): void {
    for (const [id, { failedAtMs }] of this.#committed) {
      if (failedAtMs + retentionMs >= streamTimeMs) return
      if (!this.#staged.has(id)) this.#staged.set(id, null)
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
      if (letter !== null) this.#committed.set(id, letter)
    }
    this.#staged.clear()
  }

  restore(key: string, value: Buffer | null): void {
    const id = key.slice(letterKeyPrefix.length)
    this.#committed.delete(id)
    if (value === null) return
    this.#committed.set(id, JSON.parse(value.toString('utf8')) as OpenLetter)
  }
}
