// All a processor task remembers: seen ids and resources. Changes are staged, and found by the next
// decision, until commit() makes them memory; a state whose transaction failed is thrown away,
// never repaired.
//
// Changelog: `r/<resource key>` → resource-row.ts, `s/<number>` → seen-log.ts.

import { FleetError } from '@fleet/runtime'
import type { ChangelogRecord, TaskState } from '@fleet/stage'

import type { ProcessorChange, ProcessorMemory } from '../core/memory.ts'
import { newestAt } from '../core/resource-memory.ts'
import type { ResourceMemory } from '../core/resource-memory.ts'
import { decodeSeenBlock } from '../core/seen-block.ts'
import type { SeenId } from '../core/seen-id.ts'
import type { SeenEntry } from '../core/seen-segment.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import { fromResourceRow, toResourceRow } from './resource-row.ts'
import { SeenLog, seenKeyPrefix } from './seen-log.ts'
import type { SeenLogOptions } from './seen-log.ts'

const resourceKeyPrefix = 'r/'

export class ProcessorState implements TaskState<ProcessorChange>, ProcessorMemory {
  readonly #seen: SeenLog
  readonly #resources = new Map<string, ResourceMemory>()
  /** Null: dropped. */
  readonly #stagedResources = new Map<string, ResourceMemory | null>()
  /** Follows staged changes at once: what is staged is either committed or thrown away with it. */
  readonly #expiry = new ExpiryQueue()
  /** Blocks by number while restoring; null from the first use on. */
  #restoring: Map<number, Uint8Array> | null = new Map()

  constructor(options: SeenLogOptions) {
    this.#seen = new SeenLog(options)
  }

  sighting(id: SeenId): SeenEntry | undefined {
    this.#finishRestore()
    return this.#seen.find(id)
  }

  resource(key: string): ResourceMemory | undefined {
    const staged = this.#stagedResources.get(key)
    return staged === undefined ? this.#resources.get(key) : (staged ?? undefined)
  }

  outlived(floorMicros: number, max: number): string[] {
    return this.#expiry.before(floorMicros, max)
  }

  stage(change: ProcessorChange): void {
    this.#finishRestore()
    switch (change.kind) {
      case 'seen':
        return this.#seen.stage(change.entry)
      case 'resource':
        this.#expiry.set(change.key, newestAt(change.memory))
        this.#stagedResources.set(change.key, change.memory)
        return
      case 'drop':
        this.#expiry.delete(change.key)
        this.#stagedResources.set(change.key, null)
        return
    }
  }

  advance(streamTimeMs: number): void {
    this.#finishRestore()
    this.#seen.advance(streamTimeMs)
  }

  pending(): ChangelogRecord[] {
    this.#finishRestore()
    const records = [...this.#seen.pending()]
    for (const [key, memory] of this.#stagedResources) {
      const value = memory === null ? null : toResourceRow(memory)
      records.push({ key: `${resourceKeyPrefix}${key}`, value })
    }
    return records
  }

  commit(): void {
    this.#finishRestore()
    this.#seen.commit()
    for (const [key, memory] of this.#stagedResources) {
      if (memory === null) this.#resources.delete(key)
      else this.#resources.set(key, memory)
    }
    this.#stagedResources.clear()
  }

  restore(key: string, value: Buffer | null): void {
    if (key.startsWith(resourceKeyPrefix)) {
      this.#restoreResource(key.slice(resourceKeyPrefix.length), value)
    } else if (key.startsWith(seenKeyPrefix)) {
      this.#restoreSeen(Number(key.slice(seenKeyPrefix.length)), value)
    } else throw unreadable(key)
  }

  sizes(): Record<string, number> {
    return { resources: this.#resources.size, ...this.#seen.sizes() }
  }

  #restoreResource(key: string, value: Buffer | null): void {
    if (value === null) {
      this.#resources.delete(key)
      this.#expiry.delete(key)
      return
    }
    const memory = fromResourceRow(value)
    this.#resources.set(key, memory)
    this.#expiry.set(key, newestAt(memory))
  }

  #restoreSeen(number: number, value: Buffer | null): void {
    if (this.#restoring === null) {
      throw new FleetError('RESTORE_AFTER_USE', 'fatal', 'a state in use takes no restored ids')
    }
    // A copy: the buffer is a view of a whole fetch, which would stay in memory with it.
    if (value === null) this.#restoring.delete(number)
    else this.#restoring.set(number, Uint8Array.from(value))
  }

  /** Ids must be appended in sighting order, which only all records together show. */
  #finishRestore(): void {
    if (this.#restoring === null) return
    const blocks = [...this.#restoring].toSorted(([left], [right]) => left - right)
    this.#restoring = null
    for (const [number, bytes] of blocks) {
      const block = decodeSeenBlock(bytes)
      if (block === null) throw unreadable(`${seenKeyPrefix}${number}`)
      this.#seen.load(number, block)
    }
  }
}

function unreadable(key: string): FleetError {
  return new FleetError('CHANGELOG_UNREADABLE', 'fatal', `can't read changelog record ${key}`)
}
