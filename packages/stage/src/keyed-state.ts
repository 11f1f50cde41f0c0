// The plain state: a map from key to a JSON value, each change one changelog record.

import type { ChangelogRecord, TaskState } from './declaration.ts'

export interface KeyedChange<Value> {
  key: string
  /** Null deletes. */
  value: Value | null
}

/** What a change comes to in the changelog. */
export function keyedChangeBytes({ key, value }: KeyedChange<unknown>): number {
  const ofValue = value === null ? 0 : Buffer.byteLength(JSON.stringify(value))
  return Buffer.byteLength(key) + ofValue
}

export class KeyedState<Value> implements TaskState<KeyedChange<Value>> {
  readonly #committed = new Map<string, Value>()
  readonly #staged = new Map<string, Value | null>()

  get(key: string): Value | undefined {
    const staged = this.#staged.get(key)
    if (staged !== undefined) return staged ?? undefined
    return this.#committed.get(key)
  }

  /** All entries, staged changes included; for small states and ticks. */
  *entries(): IterableIterator<[string, Value]> {
    for (const [key, value] of this.#committed) if (!this.#staged.has(key)) yield [key, value]
    for (const [key, value] of this.#staged) if (value !== null) yield [key, value]
  }

  stage(change: KeyedChange<Value>): void {
    this.#staged.set(change.key, change.value)
  }

  changeBytes(change: KeyedChange<Value>): number {
    return keyedChangeBytes(change)
  }

  pending(): ChangelogRecord[] {
    const records: ChangelogRecord[] = []
    for (const [key, value] of this.#staged) {
      records.push({ key, value: value === null ? null : Buffer.from(JSON.stringify(value)) })
    }
    return records
  }

  commit(): void {
    for (const [key, value] of this.#staged) {
      if (value === null) this.#committed.delete(key)
      else this.#committed.set(key, value)
    }
    this.#staged.clear()
  }

  restore(key: string, value: Buffer | null): void {
    if (value === null) this.#committed.delete(key)
    else this.#committed.set(key, JSON.parse(value.toString('utf8')) as Value)
  }

  sizes(): Record<string, number> {
    return { keys: this.#committed.size }
  }
}
