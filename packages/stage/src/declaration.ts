// A stage is one declaration: name, inputs, outputs, state, decision. Production runs it on Kafka,
// tests and simulation run the same value in memory. No plug-ins, no business word.

import type { Encodable, StageName, Topic, RecordName, RecordTypes } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'

export interface StageDeclaration<State extends TaskState<Change>, Change> {
  readonly name: StageName
  /** Co-partitioned inputs: task p reads partition p of each, with a position of its own in each. */
  readonly inputs: readonly Topic[]
  /** Writing to a topic that is not listed here is an error. */
  readonly outputs: readonly Topic[]
  /**
   * One of the outputs whose newest record of each key is memory too: restored with the changelog, under
   * the same hash, so that it need not be written twice. Written to the task's own partition only.
   */
  readonly table?: Topic
  /** A new, empty state for one task. */
  createState(): State
  /**
   * Refuses a record by its bytes alone, before its schema is looked up: null lets it pass.
   * For what must be checked before decoding, such as provenance.
   */
  admit?(record: InRecord, partitionCount: number): Refusal | null
  /** Pure: reads the state, changes nothing. An exception dead-letters the record as INTERNAL. */
  decide(state: State, input: Input): Decision<Change>
  /** What a dead letter of this record says about its delivery, whoever refused it. */
  facts?(input: Input): DeadLetterFacts
  /** Called about every `tickMs`; `nowMs` is the loop's clock, so that decisions have none. */
  readonly tickMs?: number
  /**
   * How its dead letters come back. Default: through fleet.redrive.v1, which the loop reads beside the
   * inputs. `as-input`: as new records of its own input, which it tells from earlier ones by itself.
   */
  readonly lettersReturn?: 'as-input'
  tick?(state: State, context: TickContext): Decision<Change>
}

/** What a task knows apart from its record. */
export interface TaskContext {
  partition: number
  partitionCount: number
  /** Wall clock when this decision is made, for `processed_at` only. Microseconds. */
  nowMicros: number
  /** Greatest log-append time seen in this task's inputs, this record's included. Milliseconds. */
  streamTimeMs: number
}

export interface TickContext extends TaskContext {
  tickAtMicros: number
}

/** One decoded record. */
export interface Input extends TaskContext {
  record: InRecord
  topic: Topic
  /** UTF-8 text of the record's key. */
  key: string
  /** The decoded value; its type follows from `topic.schema`. Bytes in it are views of the record's. */
  value: unknown
  /** Only of a replayed dead letter: records that followed it may have been decided before it. */
  redriven?: { attempt: number; replayId: string | null }
}

export interface Decision<Change> {
  /** `published`: it had its effect. `duplicate`: counted only. `dead_letter`: see `refusal`. */
  verdict: 'published' | 'duplicate' | 'dead_letter'
  /** Only with verdict `dead_letter`. */
  refusal?: Refusal
  changes: readonly Change[]
  emit: readonly Emit[]
  /** Extra counters to raise when this is committed: name → label value. */
  counts?: readonly Count[]
}

export interface Refusal {
  code: string
  message: string
  /** What is known of the delivery, for the dead letter. */
  facts?: DeadLetterFacts
}

export interface DeadLetterFacts {
  tenantId?: string | null
  endpointId?: string | null
  eventId?: string | null
  eventType?: string | null
  body?: Uint8Array | null
  replayId?: string | null
}

export interface Count {
  metric: 'superseded'
  label: string
}

/** A value to write, encoded by the loop with the topic's schema. */
export type Emit = EmitRecord<RecordName>

export interface EmitRecord<Name extends RecordName> {
  topic: Topic
  /** Null: a tombstone. */
  value: Encodable<RecordTypes[Name]> | null
  key: string
  headers?: Record<string, string>
  /** Default: the task's own partition. Only re-keying stages set it. */
  partition?: number
  /** Microseconds; observed as end-to-end time when committed. */
  occurredAtMicros?: number
}

/**
 * State of one task. Changes are staged while a batch is decided (the next decision sees them) and
 * become memory only by `commit()`, after the transaction that wrote `pending()` has committed.
 * A state whose transaction failed is thrown away and restored from the changelog.
 */
export interface TaskState<Change> {
  stage(change: Change): void
  /**
   * Bytes of a change's changelog record. A decision with one over the changelog's limit becomes a dead
   * letter. Without it the stage itself must see to that: such a record could never be written.
   */
  changeBytes?(change: Change): number
  /** Called before pending(), once per batch: drop what is out of its time. */
  advance?(streamTimeMs: number): void
  /** Changelog records for all staged changes. Keys must not start with `!` (the loop's own). */
  pending(): ChangelogRecord[]
  commit(): void
  /** Takes a changelog record into an empty state; null: deleted. A restart brings the newest of each key, in no order to rely on. */
  restore(key: string, value: Buffer | null): void
  /**
   * Takes the newest record of a key of the stage's table, after all of the changelog. `read` decodes it:
   * what the changelog says better needs no decoding.
   */
  restoreTable?(key: string, read: () => unknown): void
  /**
   * Makes memory of what was restored, in steps of some milliseconds, so that other work of the process
   * goes on between them. Called once after the last restore(), before anything else is asked.
   */
  restored?(): Iterable<unknown>
  /**
   * How much it holds, by name, for the metric `fleet_stage_state`. `<name>_max` is the most it may
   * hold of `<name>`, `<name>_shed` how much it has given up for that: see state-gauges.ts.
   */
  sizes?(): Record<string, number>
}

export interface ChangelogRecord {
  key: string
  value: Buffer | null
}
