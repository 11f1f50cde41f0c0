// What the detectors remember, as a task's state: facts by kind, how many each tenant has, and which are
// to be looked at when. Staged facts are seen at once and become memory only when they are committed.

import { encodeKeyPart, microsPerHour } from '@fleet/contracts'
import { keyedChangeBytes } from '@fleet/stage'
import type { ChangelogRecord, TaskState } from '@fleet/stage'

import { limitsPerTenant } from './core/memory.ts'
import type { Change, Due, Entry, Fact, FactsByPrefix, Memory, Prefix } from './core/memory.ts'

export class AlertingState implements TaskState<Change>, Memory {
  readonly #shelves = new Map<string, Shelf>()

  get<Kind extends Prefix>(kind: Kind, key: string): FactsByPrefix[Kind] | undefined {
    // A key says its kind, and what is put under it is of that kind.
    return this.#shelves.get(kind)?.get(key) as FactsByPrefix[Kind] | undefined
  }

  entries<Kind extends Prefix>(kind: Kind): Iterable<Entry<Kind>> {
    return (this.#shelves.get(kind)?.entries() ?? []) as Iterable<Entry<Kind>>
  }

  count(kind: Prefix, tenantId: string): number {
    return this.#shelves.get(kind)?.count(encodeKeyPart(tenantId)) ?? 0
  }

  due<Kind extends Due>(kind: Kind, atMicros: number): Iterable<Entry<Kind>> {
    return (this.#shelves.get(kind)?.due(atMicros) ?? []) as Iterable<Entry<Kind>>
  }

  stage({ key, value }: Change): void {
    this.#shelf(key).stage(key, value)
  }

  changeBytes(change: Change): number {
    return keyedChangeBytes(change)
  }

  pending(): ChangelogRecord[] {
    const records: ChangelogRecord[] = []
    for (const shelf of this.#shelves.values()) {
      for (const [key, fact] of shelf.staged) {
        records.push({ key, value: fact === null ? null : Buffer.from(JSON.stringify(fact)) })
      }
    }
    return records
  }

  commit(): void {
    for (const shelf of this.#shelves.values()) shelf.commit()
  }

  restore(key: string, value: Buffer | null): void {
    const fact = value === null ? null : (JSON.parse(value.toString('utf8')) as Fact)
    const shelf = this.#shelf(key)
    shelf.stage(key, fact)
    shelf.commit()
  }

  /** `…_max` is a limit of one tenant, beside it the fullest tenant. */
  sizes(): Record<string, number> {
    const sizes: Record<string, number> = { keys: 0 }
    for (const shelf of this.#shelves.values()) sizes['keys'] = (sizes['keys'] ?? 0) + shelf.size
    for (const [kind, max] of Object.entries(limitsPerTenant)) {
      const name = `tenant_${kind.replace('-', '_')}`
      sizes[name] = this.#shelves.get(kind)?.fullest() ?? 0
      sizes[`${name}_max`] = max
    }
    return sizes
  }

  #shelf(key: string): Shelf {
    const kind = key.split('/', 1)[0] ?? ''
    let shelf = this.#shelves.get(kind)
    if (shelf === undefined) {
      shelf = new Shelf()
      this.#shelves.set(kind, shelf)
    }
    return shelf
  }
}

/** Facts of one kind. */
class Shelf {
  readonly #committed = new Map<string, Fact>()
  readonly staged = new Map<string, Fact | null>()
  /** Both by what is staged, not by what is committed: a state that did not commit is thrown away. */
  readonly #counts = new Map<string, number>()
  readonly #keysByHour = new Map<number, Set<string>>()

  get size(): number {
    return this.#committed.size
  }

  get(key: string): Fact | undefined {
    const staged = this.staged.get(key)
    return staged === undefined ? this.#committed.get(key) : (staged ?? undefined)
  }

  *entries(): IterableIterator<[string, Fact]> {
    for (const entry of this.#committed) if (!this.staged.has(entry[0])) yield entry
    for (const [key, fact] of this.staged) if (fact !== null) yield [key, fact]
  }

  count(tenant: string): number {
    return this.#counts.get(tenant) ?? 0
  }

  fullest(): number {
    let fullest = 0
    for (const count of this.#counts.values()) fullest = Math.max(fullest, count)
    return fullest
  }

  *due(atMicros: number): IterableIterator<[string, Fact]> {
    for (const [hour, keys] of this.#keysByHour) {
      if (hour * microsPerHour > atMicros) continue
      for (const key of keys) {
        const fact = this.get(key)
        if (fact !== undefined && (lookAtOf(fact) ?? Infinity) <= atMicros) yield [key, fact]
      }
    }
  }

  stage(key: string, fact: Fact | null): void {
    const before = this.get(key)
    const change = Number(fact !== null) - Number(before !== undefined)
    if (change !== 0) this.#recount(key.split('/', 2)[1] ?? '', change)
    this.#index(key, lookAtOf(before), lookAtOf(fact ?? undefined))
    this.staged.set(key, fact)
  }

  commit(): void {
    for (const [key, fact] of this.staged) {
      if (fact === null) this.#committed.delete(key)
      else this.#committed.set(key, fact)
    }
    this.staged.clear()
  }

  #recount(tenant: string, change: number): void {
    const count = (this.#counts.get(tenant) ?? 0) + change
    if (count === 0) this.#counts.delete(tenant)
    else this.#counts.set(tenant, count)
  }

  #index(key: string, from: number | null, to: number | null): void {
    const [before, after] = [hourOf(from), hourOf(to)]
    if (before === after) return
    if (before !== null) {
      const keys = this.#keysByHour.get(before)
      keys?.delete(key)
      if (keys?.size === 0) this.#keysByHour.delete(before)
    }
    if (after === null) return
    const keys = this.#keysByHour.get(after) ?? new Set()
    this.#keysByHour.set(after, keys.add(key))
  }
}

function lookAtOf(fact: Fact | undefined): number | null {
  return fact !== undefined && 'lookAt' in fact ? fact.lookAt : null
}

function hourOf(micros: number | null): number | null {
  return micros === null ? null : Math.floor(micros / microsPerHour)
}
