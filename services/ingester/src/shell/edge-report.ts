// What the edge tells of its work: one count and one duration per delivery, a line per delivery at debug,
// refusals at info without letting a flood of requests become a flood of lines.

import type { ServerResponse } from 'node:http'
import type { Clock } from '@fleet/runtime'
import type { Endpoint } from '@fleet/sources'
import type { Counter, Histogram, Logger, Metrics } from '@fleet/telemetry'
import { FloodGate } from '../core/flood-gate.ts'
import type { SecurityReason } from '../core/accept.ts'
import type { ProblemCode } from '../core/problem.ts'

export type Outcome = 'accepted' | 'challenge' | 'aborted' | ProblemCode

/** No bodies and no header values: a line must be safe to read for anyone who runs the platform. */
export interface DeliveryLine {
  readonly endpointId: string
  readonly remoteIp: string
  readonly traceId: string | null
  readonly deliveryId?: string
  readonly records?: number
  readonly bodyBytes?: number
  readonly reason?: string | null
  readonly code?: string
  readonly problem?: string
}

/** Of a sender's patience: above it there is no room left for its network and for a bad day. */
const slowShare = 1 / 3

/** What a sender waited for; who sends slowly and is refused does not make the edge slow. */
const answered: ReadonlySet<Outcome> = new Set(['accepted', 'challenge', 'unavailable'])

/**
 * Reasons and outcomes that alert rules read by endpoint. An increase is seen only of a series that was
 * there before, so they are shown as 0 from the start.
 */
const alertedReasons: readonly SecurityReason[] = [
  'bad_signature',
  'missing_signature',
  'stale',
  'challenge_refused',
]
const alertedOutcomes: readonly Outcome[] = ['body_too_large', 'rate_limited']

/** Endpoints beyond it show what happened alone: a name has room for 10,000 series. */
const endpointsArmedMax = 1000

const linesPerKeyMinute = 10
const linesPerSecond = 50
const keysMax = 10_000

const levels: Partial<Record<Outcome, 'debug' | 'info' | 'warn'>> = {
  accepted: 'debug',
  challenge: 'info',
  aborted: 'debug',
  unavailable: 'warn',
}

export class EdgeReport {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #deliveries: Counter
  readonly #refusals: Counter
  readonly #slow: Counter
  readonly #seconds: Histogram
  readonly #senderTimeoutMs: number
  readonly #armed = new Set<string>()
  readonly #gate = new FloodGate({
    perKeyMinute: linesPerKeyMinute,
    perProcessSecond: linesPerSecond,
    keysMax,
  })

  constructor(metrics: Metrics, logger: Logger, clock: Clock, senderTimeoutMs: number) {
    this.#logger = logger
    this.#clock = clock
    this.#senderTimeoutMs = senderTimeoutMs
    this.#deliveries = metrics.counter('fleet_ingest_deliveries_total', 'Deliveries, by outcome.')
    // A series that is there from the start lets an alert tell "none" from "not scraped".
    this.#deliveries.add(0, { endpoint: 'unknown', outcome: 'accepted' })
    this.#refusals = metrics.counter(
      'fleet_ingest_refusals_total',
      'Refusals that are a matter of security, by reason.',
    )
    this.#refusals.add(0, { endpoint: 'unknown', reason: 'unknown_endpoint' })
    this.#slow = metrics.counter(
      'fleet_ingest_slow_answers_total',
      'Answers later than a third of the time senders wait.',
    )
    this.#slow.add(0, { endpoint: 'unknown' })
    this.#seconds = metrics.histogram('fleet_ingest_seconds', 'From request to answer.')
  }

  /**
   * `known`: a configured endpoint; anything else would let a sender make up labels. The line is described
   * only where its level is on.
   */
  delivery(
    outcome: Outcome,
    known: Pick<Endpoint, 'id' | 'senderTimeoutMs'> | undefined,
    startedMs: number,
    reason: string | null,
    describe: () => DeliveryLine,
  ): void {
    const elapsedMs = this.#clock.elapsedMs()
    const endpoint = known?.id ?? 'unknown'
    this.#deliveries.add(1, { endpoint, outcome })
    if (reason !== null) this.#refusals.add(1, { endpoint, reason })
    const slowMs = (known?.senderTimeoutMs ?? this.#senderTimeoutMs) * slowShare
    if (elapsedMs - startedMs > slowMs && answered.has(outcome)) {
      this.#slow.add(1, { endpoint })
    }
    this.#seconds.observe((elapsedMs - startedMs) / 1000)
    const level = levels[outcome] ?? 'info'
    if (!this.#logger.isLevelEnabled(level)) return
    const line = describe()
    const durationMs = Math.round((elapsedMs - startedMs) * 1000) / 1000
    if (level === 'debug') {
      this.#logger.debug({ outcome, ...line, durationMs }, `delivery.${outcome}`)
      return
    }
    const key = `${outcome} ${line.reason ?? ''} ${line.remoteIp} ${line.endpointId}`
    const passed = this.#gate.pass(key, { elapsedMs, wallMs: this.#clock.wallMs() })
    if (passed === null) return
    const event = outcome === 'challenge' ? 'delivery.challenge' : 'delivery.refused'
    this.#logger[level]({ outcome, ...line, durationMs, count: passed.count }, event)
  }

  /** The endpoints in force now: the series that alerts read of them are there before the first refusal. */
  arm(endpointIds: Iterable<string>): void {
    for (const endpoint of endpointIds) {
      if (this.#armed.size >= endpointsArmedMax) return
      if (this.#armed.has(endpoint)) continue
      this.#armed.add(endpoint)
      for (const reason of alertedReasons) this.#refusals.add(0, { endpoint, reason })
      for (const outcome of alertedOutcomes) this.#deliveries.add(0, { endpoint, outcome })
      this.#slow.add(0, { endpoint })
    }
  }

  /** A request that never became one: no endpoint, no duration. */
  unreadable(outcome: ProblemCode): void {
    this.#deliveries.add(1, { endpoint: 'unknown', outcome })
  }
}

/** A request that became unreadable was answered by the server itself, which left the status here. */
export function abortedOutcome({ statusCode }: ServerResponse): Outcome {
  if (statusCode === 408) return 'request_timeout'
  return statusCode === 400 ? 'malformed_request' : 'aborted'
}
