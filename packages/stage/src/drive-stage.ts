// Drives a stage declaration synchronously, without broker, codec or clock: pipe records in, read what
// it emitted, restart it from its changelog. It does not simulate transactions; the in-memory broker does.

import { asRead, partitionOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'

import type {
  ChangelogRecord,
  Decision,
  Emit,
  Input,
  StageDeclaration,
  TaskState,
  TickContext,
} from './declaration.ts'

export interface DriveOptions {
  partition?: number
  partitionCount?: number
  /** What `nowMicros` is; default follows the record's timestamp. */
  nowMicros?: number
}

export interface PipedRecord {
  key: string
  /** The decoded value. */
  value: unknown
  timestampMs: number
  offset?: number
  partition?: number
  headers?: Record<string, Buffer>
}

export interface DrivenOutput {
  key: string
  value: unknown
  headers: Record<string, string>
  partition: number
}

export class StageDriver<State extends TaskState<Change>, Change> {
  readonly #declaration: StageDeclaration<State, Change>
  readonly #options: Required<Omit<DriveOptions, 'nowMicros'>> & { nowMicros: number | null }
  readonly #changelog = new Map<string, Buffer>()
  /** Newest values of the stage's table. */
  readonly #table = new Map<string, unknown>()
  readonly #outputs: Emit[] = []
  readonly #nextOffset = new Map<string, number>()
  #streamTimeMs = 0
  state: State

  constructor(declaration: StageDeclaration<State, Change>, options: DriveOptions = {}) {
    this.#declaration = declaration
    this.#options = {
      partition: options.partition ?? 0,
      partitionCount: options.partitionCount ?? 6,
      nowMicros: options.nowMicros ?? null,
    }
    this.state = declaration.createState()
  }

  pipe(topic: Topic, piped: PipedRecord): Decision<Change> {
    const offset = piped.offset ?? this.#nextOffset.get(topic.name) ?? 0
    this.#nextOffset.set(topic.name, offset + 1)
    const record: InRecord = {
      topic: topic.name,
      partition: piped.partition ?? this.#options.partition,
      offset,
      timestampMs: piped.timestampMs,
      key: Buffer.from(piped.key),
      value: Buffer.alloc(0),
      headers: piped.headers ?? {},
    }
    this.#streamTimeMs = Math.max(this.#streamTimeMs, piped.timestampMs)
    const input: Input = {
      ...this.#context(piped.timestampMs),
      record,
      topic,
      key: piped.key,
      value: piped.value,
    }
    const decided = this.#declaration.decide(this.state, input)
    // As the loop does for a dead letter.
    const facts = decided.refusal?.facts ?? this.#declaration.facts?.(input)
    const decision =
      decided.refusal === undefined || facts === undefined
        ? decided
        : { ...decided, refusal: { ...decided.refusal, facts } }
    this.#settle(decision)
    return decision
  }

  tick(nowMs: number): Decision<Change> {
    const context: TickContext = { ...this.#context(nowMs), tickAtMicros: nowMs * 1000 }
    const decision = this.#declaration.tick?.(this.state, context)
    if (decision === undefined) throw new Error(`${this.#declaration.name} has no tick`)
    this.#settle(decision)
    return decision
  }

  /** What was written to a topic, oldest first. */
  outputs(topic: Topic): DrivenOutput[] {
    return this.#outputs
      .filter(emit => emit.topic === topic)
      .map(emit => ({
        key: emit.key,
        value: asRead(emit.value),
        headers: emit.headers ?? {},
        partition: emit.partition ?? this.#options.partition,
      }))
  }

  /** The partition a key belongs to, with this driver's partition count. */
  partitionOf(key: string): number {
    return partitionOf(key, this.#options.partitionCount)
  }

  /** As after a crash: memory gone, state restored from the changelog. */
  restart(): void {
    this.state = this.#declaration.createState()
    for (const [key, value] of this.#changelog) this.state.restore(key, value)
    for (const [key, value] of this.#table) this.state.restoreTable?.(key, () => value)
    for (const _ of this.state.restored?.() ?? []);
  }

  changelog(): ChangelogRecord[] {
    return [...this.#changelog].map(([key, value]) => ({ key, value }))
  }

  #context(nowMs: number): {
    partition: number
    partitionCount: number
    nowMicros: number
    streamTimeMs: number
  } {
    return {
      partition: this.#options.partition,
      partitionCount: this.#options.partitionCount,
      nowMicros: this.#options.nowMicros ?? nowMs * 1000,
      streamTimeMs: this.#streamTimeMs,
    }
  }

  #settle(decision: Decision<Change>): void {
    for (const { topic } of decision.emit) {
      if (!this.#declaration.outputs.includes(topic)) {
        throw new Error(`${this.#declaration.name} does not declare the output ${topic.name}`)
      }
    }
    for (const change of decision.changes) this.state.stage(change)
    this.state.advance?.(this.#streamTimeMs)
    for (const { key, value } of this.state.pending()) {
      // A key keeps the place of its first value, as in what the loop restores of a log nobody compacted.
      if (value === null) this.#changelog.delete(key)
      else this.#changelog.set(key, value)
    }
    this.state.commit()
    for (const { topic, key, value } of decision.emit) {
      if (topic !== this.#declaration.table) continue
      if (value === null) this.#table.delete(key)
      else this.#table.set(key, value)
    }
    this.#outputs.push(...decision.emit)
  }
}

export function driveStage<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  options?: DriveOptions,
): StageDriver<State, Change> {
  return new StageDriver(declaration, options)
}
