// What the topics say, read but not judged. Everything here comes from records alone; no counter and no
// group offset of a service is believed.

import type { DeadLetter, RawDelivery, ResourceState, UnmappedEvent } from '@fleet/contracts'

/** The fields every normalized event has. */
export type CommonEvent = UnmappedEvent

export interface RawFact {
  offset: number
  appendedAtMs: number
  key: string
  /** What the provenance MAC says; `ok` or a dead-letter code. */
  provenance: string
  /** Null when the bytes can't be decoded. */
  delivery: RawDelivery | null
}

export interface EventFact {
  topic: string
  offset: number
  key: string
  event: CommonEvent
}

export interface DeadLetterFact {
  topic: string
  offset: number
  letter: DeadLetter
}

export interface StateFact {
  topic: string
  offset: number
  key: string
  /** Null: a tombstone. */
  state: ResourceState | null
}

/** A record of the processor's topics that is none of theirs: whoever wrote it, it is not believed. */
interface UnreadableFact {
  topic: string
  offset: number
  detail: string
}

/** One partition of the pipeline around the processor. */
export interface PartitionEvidence {
  partition: number
  partitionCount: number
  /** First raw offset that still exists. */
  rawStart: number
  raw: RawFact[]
  /** The processor has decided every raw record below it. */
  processedUpTo: number
  events: EventFact[]
  deadLetters: DeadLetterFact[]
  state: StateFact[]
  /** In the topics of events, dead letters and state; in raw, the processor makes a dead letter of it. */
  unreadable: UnreadableFact[]
}
