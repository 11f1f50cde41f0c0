// The way between the clients of the in-memory broker and the broker itself. A fault plan decides what
// becomes of each request; without one every request arrives at once and is answered.

import type { Clock } from '@fleet/runtime'

import type { TopicPartition } from './record.ts'

/** One request, as a fault plan sees it. */
export interface MemoryRequest {
  api: 'InitProducerId' | 'AddPartitionsToTxn' | 'Produce' | 'EndTxn' | 'Append'
  /** Null for an appender. */
  transactionalId: string | null
  /** What it is about; exactly one for Produce and Append, none for InitProducerId and EndTxn. */
  partitions: readonly TopicPartition[]
}

export type RequestFate =
  | { kind: 'deliver' }
  /** Nothing happens; the client waits in vain. */
  | { kind: 'lose-request' }
  /** It happens; the client waits in vain. */
  | { kind: 'lose-answer' }
  /** It happens then, also when its client has given up or died by that time. */
  | { kind: 'delay-request'; until: Promise<void> }
  | { kind: 'delay-answer'; until: Promise<void> }
  /** Nothing happens, and the client is told so by Kafka's name of an error. */
  | { kind: 'refuse'; error: string }
  /**
   * Of EndTxn, or of an InitProducerId that aborts: the outcome is decided and answered, but its
   * markers reach the partitions (of one topic, or all) only then.
   */
  | { kind: 'late-markers'; until: Promise<void>; topic?: string }

/** Asked once per request, in the order they are sent. */
export type FaultPlan = (request: MemoryRequest) => RequestFate

/** A fault as data: it strikes once, at the first request that fits after `skip` others that do. */
export interface PlannedFault {
  api: MemoryRequest['api']
  transactionalId?: string
  topic?: string
  partition?: number
  skip?: number
  fate: RequestFate
}

const deliver: RequestFate = { kind: 'deliver' }

/** A plan from a list, which may grow while it is in force. */
export function faultPlan(faults: PlannedFault[]): FaultPlan {
  return request => {
    const at = faults.findIndex(fault => fits(fault, request))
    const fault = faults[at]
    if (fault === undefined) return deliver
    if (fault.skip !== undefined && fault.skip > 0) {
      fault.skip--
      return deliver
    }
    faults.splice(at, 1)
    return fault.fate
  }
}

function fits(fault: PlannedFault, { api, transactionalId, partitions }: MemoryRequest): boolean {
  if (fault.api !== api) return false
  if (fault.transactionalId !== undefined && fault.transactionalId !== transactionalId) return false
  if (fault.topic === undefined && fault.partition === undefined) return true
  return partitions.some(
    ({ topic, partition }) =>
      (fault.topic ?? topic) === topic && (fault.partition ?? partition) === partition,
  )
}

/** The broker said no. */
export class Refused extends Error {
  /** Kafka's name of the error. */
  readonly type: string

  constructor(type: string) {
    super(type)
    this.type = type
  }
}

/** Markers of the topic that are not to be written before the promise resolves. */
export type MarkerDelay = { until: Promise<void>; topic?: string } | null

export class MemoryWire {
  readonly #plan: FaultPlan | null
  readonly #clock: Clock
  readonly #requestTimeoutMs: number

  constructor(plan: FaultPlan | null, clock: Clock, requestTimeoutMs: number) {
    this.#plan = plan
    this.#clock = clock
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /**
   * @throws Refused when the broker refuses; any other error when no answer came in time, after which
   *   it may or may not have happened, or may yet happen.
   */
  async send<T>(request: MemoryRequest, perform: (markers: MarkerDelay) => T): Promise<T> {
    const fate = this.#plan?.(request) ?? deliver
    switch (fate.kind) {
      case 'deliver':
        return perform(null)
      case 'refuse':
        throw new Refused(fate.error)
      case 'late-markers':
        return perform(fate)
      case 'lose-request':
        return this.#inTime(request, never)
      case 'lose-answer':
        quietly(() => perform(null))
        return this.#inTime(request, never)
      case 'delay-request':
        return this.#inTime(
          request,
          fate.until.then(() => perform(null)),
        )
      case 'delay-answer':
        return this.#inTime(request, delayed(attempt(perform), fate.until))
    }
  }

  #inTime<T>({ api }: MemoryRequest, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(this.#requestTimeoutMs, () => {
        reject(new Error(`${api}: no answer within ${this.#requestTimeoutMs} ms`))
      })
      // An answer after the timeout changes nothing: the promise is settled.
      void answer.then(resolve, reject).finally(cancel)
    })
  }
}

const never = new Promise<never>(() => {})

function quietly(perform: () => unknown): void {
  try {
    perform()
  } catch {
    // Nobody hears the refusal.
  }
}

async function attempt<T>(perform: (markers: MarkerDelay) => T): Promise<T> {
  return perform(null)
}

async function delayed<T>(answer: Promise<T>, until: Promise<void>): Promise<T> {
  answer.catch(() => {})
  await until
  return answer
}
