// What this process can not take is refused at once and counted by reason. A line each
// ten seconds says how many: a flood of refusals is never a flood of lines.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@fleet/runtime'
import type { Counter, Logger, Metrics } from '@fleet/telemetry'
import { announcedBytes } from '../core/request-head.ts'
import type { Headers } from '../core/request-head.ts'
import { TurnGate } from '../core/turn-gate.ts'
import { send, sendAndClose, unavailableAnswer } from './answer.ts'

/**
 * `turn`: the event loop does not keep up. `waiting`: as many wait for Kafka as may. `log`: its buffer is
 * full. `bodies`: no room for a body. `pipelined`: too many requests under way on one connection.
 */
export type ShedReason = 'turn' | 'waiting' | 'log' | 'bodies' | 'pipelined'

const reasons: readonly ShedReason[] = ['turn', 'waiting', 'log', 'bodies', 'pipelined']

const lineEveryMs = 10_000
/** What follows a refused head on a connection that goes on; more than that ends it instead. */
const skippedBytesMax = 64 * 1024

export interface SheddingOptions {
  readonly workAgeMsMax: number
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
}

export class Shedding {
  readonly #gate: TurnGate
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #shed: Counter
  #isInTurn = false
  readonly #endTurn = (): void => {
    this.#isInTurn = false
    this.#gate.end(this.#clock.elapsedMs())
  }
  #untold = 0
  #toldMs = -Infinity

  constructor({ workAgeMsMax, metrics, logger, clock }: SheddingOptions) {
    this.#gate = new TurnGate(workAgeMsMax)
    this.#clock = clock
    this.#logger = logger
    this.#shed = metrics.counter(
      'fleet_ingest_shed_total',
      'Deliveries answered 503 because this process can not take more, by reason.',
    )
    for (const reason of reasons) this.#shed.add(0, { reason })
  }

  /** Asked when the head of a delivery is there, before anything is done for it. */
  admits(): boolean {
    const nowMs = this.#clock.elapsedMs()
    if (!this.#isInTurn) {
      this.#isInTurn = true
      this.#gate.begin(nowMs)
      // Runs when everything that this turn read has been handed out.
      setImmediate(this.#endTurn)
    }
    return this.#gate.admits(nowMs)
  }

  /** How long a turn takes now. */
  turnMs(nowMs: number): number {
    return this.#gate.turnMs(nowMs)
  }

  /** As little work as an answer can be. */
  refuse(request: IncomingMessage, response: ServerResponse, headers: Headers): void {
    this.count('turn')
    const isShort = announcedBytes(headers) <= skippedBytesMax
    if (isShort && headers['transfer-encoding'] === undefined) {
      send(response, unavailable)
    } else sendAndClose(request, response, unavailable, this.#clock)
  }

  count(reason: ShedReason): void {
    this.#shed.add(1, { reason })
    this.#untold++
    const nowMs = this.#clock.elapsedMs()
    if (nowMs - this.#toldMs < lineEveryMs) return
    this.#logger.warn({ reason, count: this.#untold }, 'overload.shedding')
    this.#toldMs = nowMs
    this.#untold = 0
  }
}

const unavailable = unavailableAnswer()
