// What is known of the registry: ids of our own schemas and schemas by id. Asks for an id once at a
// time, remembers a refusal for a while, and is bounded, so that records with invented ids can neither
// flood the registry nor fill the memory.

import { FleetError, withDeadline } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { readCacheFile, writeCacheFile } from './cache-file.ts'
import type { CachedRegistry } from './cache-file.ts'
import { codecError } from './errors.ts'
import { Lru } from './lru.ts'
import type { RegistryPort } from './registry-port.ts'
import { WriterSchema } from './writer-schema.ts'

/** A registry that needs longer counts as down; the partition waits and asks again. */
const requestMsMax = 2000
/** After a 404 an id is not asked for again for this long: at most 0.2 requests a second per id. */
const askAgainAfterMs = 5000
/** An id that was denied for this long is poison: a registry that lags behind has caught up by then. */
const unknownAfterMs = 30_000
/** Schemas kept in memory. A batch of records must not need more than this at once. */
const schemasMax = 1000
/** Denied ids kept in memory; the oldest forgotten starts its 30 seconds again. */
const deniedMax = 4096
/** Look-ups under way at once for one who waits; those ahead of time go one by one. */
const parallelMax = 8
/** Ids asked for ahead of time, at most so many of them so often. */
const foreseenMax = 8
const foreseeEveryMs = 1000

interface Denial {
  firstAtMs: number
  /** `never`: by the cache file alone; the registry has to say it again before it counts. */
  lastAtMs: number
  /** It is in the cache file, so that a service that was killed does not wait for it once more. */
  isKept: boolean
}

const never = -Infinity

export class SchemaStore {
  readonly #registry: RegistryPort
  readonly #cacheFile: string | null
  readonly #clock: Clock
  readonly #schemas = new Lru<number, WriterSchema>(schemasMax)
  readonly #denied = new Lru<number, Denial>(deniedMax)
  /** Schemas that can't be read as the record they came with, and when the registry was last asked. */
  readonly #doubted = new Lru<number, number>(deniedMax)
  readonly #asking = new Map<number, Promise<void>>()
  #subjects: Record<string, number> = {}
  /** Nothing is asked for ahead of time before. */
  #foreseeAtMs = never
  /** The cache file says what is known; looked at after each round of look-ups. */
  #isSaved = true

  constructor(registry: RegistryPort, cacheFile: string | null, clock: Clock) {
    this.#registry = registry
    this.#cacheFile = cacheFile
    this.#clock = clock
    if (cacheFile !== null) this.#restore(readCacheFile(cacheFile))
  }

  peek(id: number): WriterSchema | undefined {
    return this.#schemas.peek(id)
  }

  /** Whether the id has been denied for so long that its values are poison. */
  isUnknown(id: number): boolean {
    const denial = this.#denied.peek(id)
    if (denial === undefined || denial.lastAtMs === never) return false
    return this.#clock.elapsedMs() - denial.firstAtMs >= unknownAfterMs
  }

  /**
   * The schema of this id is no use for its values. A registry that was wrong for a moment must not
   * be believed for ever: the id is asked for again, and not kept in the cache file meanwhile.
   */
  doubt(id: number): void {
    if (this.#doubted.peek(id) !== undefined) return
    this.#doubted.set(id, this.#clock.elapsedMs())
    this.#save()
  }

  /** Id of our own schema: the registry's word, or the cache file's while the registry is down. */
  async findOwnId(subject: string, schema: string): Promise<number> {
    let id: number | null
    try {
      id = await this.#ask(`Looking up ${subject}`, this.#registry.findId(subject, schema))
    } catch (error) {
      const cached = this.#subjects[subject]
      const down = error instanceof FleetError && error.fate === 'transient'
      if (!down || cached === undefined || this.peek(cached)?.text !== schema) throw error
      return cached
    }
    if (id === null) {
      throw codecError('SCHEMA_NOT_REGISTERED', `The schema of ${subject} is not registered`)
    }
    this.#learnOwn(subject, id, schema)
    return id
  }

  /**
   * Makes the schemas of these ids available or finally unknown.
   * @throws FleetError REGISTRY_UNREACHABLE | SCHEMA_PENDING (transient), after all were asked for
   */
  async need(ids: ReadonlySet<number>): Promise<void> {
    const doubted = [...ids].filter(id => this.#isDue(id))
    if (doubted.length > 0) await Promise.all(doubted.map(id => this.#reconsider(id)))
    const missing = [...ids].filter(id => this.#schemas.touch(id) === undefined)
    if (missing.length === 0) return
    const failures: unknown[] = []
    const worker = async (): Promise<void> => {
      for (let id = missing.pop(); id !== undefined; id = missing.pop()) {
        await this.#find(id).catch((error: unknown) => failures.push(error))
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallelMax, missing.length) }, worker))
    if (!this.#isSaved) this.#save()
    if (failures.length > 0) throw failures[0]
  }

  /** Asks for the unknown ones of these without waiting; what comes of it shows when they are needed. */
  foresee(ids: ReadonlySet<number>): void {
    const now = this.#clock.elapsedMs()
    if (now < this.#foreseeAtMs) return
    const asked = [...ids].filter(id => this.peek(id) === undefined && this.#isToBeAsked(id))
    if (asked.length === 0) return
    this.#foreseeAtMs = now + foreseeEveryMs
    void this.#askAhead(asked.slice(0, foreseenMax))
  }

  async #askAhead(ids: readonly number[]): Promise<void> {
    for (const id of ids) await this.#find(id).catch(() => {})
    if (!this.#isSaved) this.#save()
  }

  /** Not denied a moment ago. */
  #isToBeAsked(id: number): boolean {
    const denial = this.#denied.peek(id)
    return denial === undefined || this.#clock.elapsedMs() - denial.lastAtMs >= askAgainAfterMs
  }

  #isDue(id: number): boolean {
    const askedAtMs = this.#doubted.peek(id)
    return askedAtMs !== undefined && this.#clock.elapsedMs() - askedAtMs >= askAgainAfterMs
  }

  /** Asks for a doubted schema again; its values do not wait for a registry that does not answer. */
  async #reconsider(id: number): Promise<void> {
    this.#doubted.set(id, this.#clock.elapsedMs())
    const answer = this.#ask(`Looking up schema ${id}`, this.#registry.findSchema(id))
    const text = await answer.catch(() => null)
    if (text === null || text === this.peek(id)?.text) return
    this.#doubted.delete(id)
    this.#schemas.set(id, new WriterSchema(text))
    this.#save()
  }

  #find(id: number): Promise<void> {
    const under = this.#asking.get(id)
    if (under !== undefined) return under
    const asking = this.#findOnce(id).finally(() => this.#asking.delete(id))
    this.#asking.set(id, asking)
    return asking
  }

  async #findOnce(id: number): Promise<void> {
    if (this.#isToBeAsked(id)) {
      const text = await this.#ask(`Looking up schema ${id}`, this.#registry.findSchema(id))
      if (text !== null) {
        this.#denied.delete(id)
        this.#schemas.set(id, new WriterSchema(text))
        this.#isSaved = false
        return
      }
      const now = this.#clock.elapsedMs()
      const { firstAtMs = now, isKept = false } = this.#denied.peek(id) ?? {}
      this.#denied.set(id, { firstAtMs, lastAtMs: now, isKept })
    }
    if (!this.isUnknown(id)) {
      throw codecError('SCHEMA_PENDING', `Schema ${id} is not in the registry yet`)
    }
    const denial = this.#denied.peek(id)
    if (denial === undefined || denial.isKept) return
    denial.isKept = true
    this.#isSaved = false
  }

  async #ask<T>(what: string, answer: Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.#clock, requestMsMax, what, answer)
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'DEADLINE') throw error
      throw codecError('REGISTRY_UNREACHABLE', error.message, error)
    }
  }

  #learnOwn(subject: string, id: number, schema: string): void {
    const known = this.peek(id)
    if (known !== undefined && known.text !== schema && !sameJson(known.text, schema))
      this.#forget()
    if (this.#subjects[subject] === id && this.peek(id)?.text === schema) return
    this.#subjects[subject] = id
    this.#doubted.delete(id)
    this.#schemas.set(id, new WriterSchema(schema))
    this.#save()
  }

  /** The ids are of another registry: whatever the file said about any of them is void. */
  #forget(): void {
    this.#subjects = {}
    this.#schemas.clear()
    this.#denied.clear()
  }

  #restore(cached: CachedRegistry): void {
    this.#subjects = { ...cached.subjects }
    for (const [id, text] of Object.entries(cached.schemas)) {
      this.#schemas.set(Number(id), new WriterSchema(text))
    }
    for (const id of cached.denied) {
      this.#denied.set(id, { firstAtMs: never, lastAtMs: never, isKept: true })
    }
  }

  #save(): void {
    this.#isSaved = true
    if (this.#cacheFile === null) return
    const schemas: Record<string, string> = {}
    for (const [id, schema] of this.#schemas.entries()) {
      if (this.#doubted.peek(id) === undefined) schemas[String(id)] = schema.text
    }
    const denied = [...this.#denied.entries()].filter(([, { isKept }]) => isKept).map(([id]) => id)
    writeCacheFile(this.#cacheFile, { subjects: this.#subjects, schemas, denied })
  }
}

function sameJson(left: string, right: string): boolean {
  try {
    return JSON.stringify(JSON.parse(left)) === JSON.stringify(JSON.parse(right))
  } catch {
    return false
  }
}
