// All a processor task remembers: seen ids and resources. Changes are staged, and found by the next
// decision, until commit() makes them memory; a state whose transaction failed is thrown away,
// never repaired.
//
// Changelog: `r/<resource key>` → resource-row.ts, `s/<number>` → seen-log.ts. Where there is a table of
// what resources are, only resources with signals have a row: of them alone the table does not tell all.

import type { ResourceState } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import type { ChangelogRecord, TaskState } from '@fleet/stage'

import { fromResourceState } from '../core/from-resource-state.ts'
import type { ProcessorChange, ProcessorMemory } from '../core/memory.ts'
import { newestAt } from '../core/resource-memory.ts'
import type { ResourceMemory } from '../core/resource-memory.ts'
import type { SeenId } from '../core/seen-id.ts'
import type { Sighting } from '../core/seen-segment.ts'
import { ExpiryQueue, notQueued } from './expiry-queue.ts'
import type { Expiring } from './expiry-queue.ts'
import { fromResourceRow, newestAtOfRow, toResourceRow } from './resource-row.ts'
import { SeenLog, seenKeyPrefix } from './seen-log.ts'
import type { SeenLogOptions } from './seen-log.ts'

const resourceKeyPrefix = 'r/'

/** About 100,000 ids, or as many rows: 20 ms. */
const stepBytesMax = 2_800_000
const stepRowsMax = 20_000

/** One resource, in one place: each look into a map of a hundred thousand keys costs a miss of the cache. */
interface Held extends Expiring {
  /** Committed; a restored one stays the text of its row until somebody asks for it. */
  memory: ResourceMemory | string | undefined
  /** Undefined: nothing staged; null: dropped. */
  staged: ResourceMemory | null | undefined
  /** The changelog has a row of it. */
  hasRow: boolean
}

export interface ProcessorStateOptions extends SeenLogOptions {
  /** Each version of a resource is written to the state table, in the transaction of the changelog. */
  readonly hasTable?: boolean
}

/** What the changelog says while it is read: the newest value of each key, not looked at yet. */
interface Restoring {
  readonly blocks: Map<number, Uint8Array>
  readonly rows: Map<string, string>
  /** Of the table: resources that have no row. */
  readonly tabled: Map<string, ResourceMemory>
}

export class ProcessorState implements TaskState<ProcessorChange>, ProcessorMemory {
  readonly #hasTable: boolean
  readonly #seen: SeenLog
  readonly #held = new Map<string, Held>()
  readonly #staged: Held[] = []
  /** Of these with something committed. */
  #count = 0
  /** The resource asked for last: its change comes next. */
  #last: Held | null = null
  /** Follows staged changes at once: what is staged is either committed or thrown away with it. */
  readonly #expiry = new ExpiryQueue()
  /** Null from the first use on. */
  #restoring: Restoring | null = { blocks: new Map(), rows: new Map(), tabled: new Map() }

  constructor(options: ProcessorStateOptions) {
    this.#hasTable = options.hasTable === true
    this.#seen = new SeenLog(options)
  }

  sighting(id: SeenId): Sighting | undefined {
    this.#settle()
    return this.#seen.find(id)
  }

  resource(key: string): ResourceMemory | undefined {
    this.#settle()
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    this.#last = held
    if (held.staged !== undefined) return held.staged ?? undefined
    const { memory } = held
    if (typeof memory === 'string') held.memory = readable(key, () => fromResourceRow(memory))
    return held.memory as ResourceMemory | undefined
  }

  outlived(floorMicros: number, max: number): string[] {
    this.#settle()
    return this.#expiry.before(floorMicros, max)
  }

  stage(change: ProcessorChange): void {
    this.#settle()
    switch (change.kind) {
      case 'seen':
        return this.#seen.stage(change.entry)
      case 'resource': {
        const held = this.#heldOf(change.key)
        this.#expiry.set(held, newestAt(change.memory))
        return this.#stage(held, change.memory)
      }
      case 'drop': {
        const held = this.#heldOf(change.key)
        this.#expiry.delete(held)
        return this.#stage(held, null)
      }
    }
  }

  #stage(held: Held, memory: ResourceMemory | null): void {
    if (held.staged === undefined) this.#staged.push(held)
    held.staged = memory
  }

  #heldOf(key: string): Held {
    if (this.#last?.key === key) return this.#last
    const known = this.#held.get(key)
    if (known !== undefined) return known
    const held = newlyHeld(key)
    this.#held.set(key, held)
    return held
  }

  advance(streamTimeMs: number): void {
    this.#settle()
    this.#seen.advance(streamTimeMs)
  }

  pending(): ChangelogRecord[] {
    this.#settle()
    const records = [...this.#seen.pending()]
    for (const { key, staged, hasRow } of this.#staged) {
      const isKept = staged !== null && staged !== undefined && this.#needsRow(staged)
      if (isKept) records.push({ key: resourceKeyPrefix + key, value: toResourceRow(staged) })
      else if (hasRow) records.push({ key: resourceKeyPrefix + key, value: null })
    }
    return records
  }

  #needsRow(memory: ResourceMemory): boolean {
    return !this.#hasTable || memory.signals.size > 0
  }

  commit(): void {
    this.#settle()
    this.#seen.commit()
    for (const held of this.#staged) {
      if (held.memory !== undefined) this.#count--
      if (held.staged === null) this.#held.delete(held.key)
      else this.#count++
      held.memory = held.staged ?? undefined
      held.hasRow = held.memory !== undefined && this.#needsRow(held.memory)
      held.staged = undefined
    }
    this.#staged.length = 0
    // It may be gone.
    this.#last = null
  }

  /** Only keeps it: a value may be replaced by a later record, so it must not cost, nor fail, yet. */
  restore(key: string, value: Buffer | null): void {
    if (this.#restoring === null) throw usedAlready()
    const { blocks, rows } = this.#restoring
    if (key.startsWith(resourceKeyPrefix)) {
      const resource = key.slice(resourceKeyPrefix.length)
      if (value === null) rows.delete(resource)
      else rows.set(resource, value.toString('utf8'))
    } else if (key.startsWith(seenKeyPrefix)) {
      const number = Number(key.slice(seenKeyPrefix.length))
      // A copy: the buffer is a view of a whole fetch, which would stay in memory with it.
      if (value === null) blocks.delete(number)
      else if (Number.isSafeInteger(number)) blocks.set(number, new Uint8Array(value))
      else throw unreadable(key)
    } else if (value !== null) throw unreadable(key)
  }

  restoreTable(key: string, read: () => unknown): void {
    if (this.#restoring === null) throw usedAlready()
    const { rows, tabled } = this.#restoring
    if (rows.has(key)) return
    // The hash vouches for the rows. One is missing only where a changelog was given up: then the readings
    // count from when they were observed, the nearest that the table allows.
    tabled.set(key, fromResourceState(read() as ResourceState, undefined, Infinity))
  }

  /** Ids must be appended in sighting order, which only all records together show. */
  *restored(): Generator<void> {
    if (this.#restoring === null) return
    const { blocks, rows, tabled } = this.#restoring
    this.#restoring = null
    let bytes = 0
    for (const block of blocks.values()) bytes += block.length
    this.#seen.reserve(bytes)
    let stepBytes = 0
    for (const number of [...blocks.keys()].toSorted((left, right) => left - right)) {
      const block = blocks.get(number)
      if (block === undefined || !this.#seen.load(number, block)) {
        throw unreadable(`${seenKeyPrefix}${number}`)
      }
      stepBytes += block.length
      if (stepBytes < stepBytesMax) continue
      stepBytes = 0
      yield
    }
    this.#seen.loaded()
    yield
    yield* this.#holdAll(rows, newestAtOfRow, true)
    yield* this.#holdAll(tabled, newestAt, false)
  }

  *#holdAll<Form extends ResourceMemory | string>(
    memories: ReadonlyMap<string, Form>,
    newestAtOf: (memory: Form) => number,
    hasRow: boolean,
  ): Generator<void> {
    let stepRows = 0
    for (const [key, memory] of memories) {
      const held = newlyHeld(key)
      held.memory = memory
      held.hasRow = hasRow
      this.#expiry.set(
        held,
        readable(key, () => newestAtOf(memory)),
      )
      this.#held.set(key, held)
      this.#count++
      if (++stepRows % stepRowsMax === 0) yield
    }
  }

  /** A state that was not told of the end of its records. */
  #settle(): void {
    if (this.#restoring !== null) for (const _ of this.restored());
  }

  sizes(): Record<string, number> {
    return { resources: this.#count, ...this.#seen.sizes() }
  }

  /** Stream time of the oldest id held; null when there is none. */
  get oldestIdMs(): number | null {
    this.#settle()
    return this.#seen.oldestMs
  }
}

function newlyHeld(key: string): Held {
  return {
    key,
    newestAt: 0,
    bound: 0,
    place: notQueued,
    memory: undefined,
    staged: undefined,
    hasRow: false,
  }
}

function usedAlready(): FleetError {
  return new FleetError('RESTORE_AFTER_USE', 'fatal', 'a state in use takes no restored records')
}

function readable<Result>(key: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw unreadable(`${resourceKeyPrefix}${key}`, error)
  }
}

function unreadable(key: string, cause?: unknown): FleetError {
  const message = `can't read changelog record ${key}`
  return new FleetError('CHANGELOG_UNREADABLE', 'fatal', message, { cause })
}
