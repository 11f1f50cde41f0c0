// How many deliveries may wait for Kafka, so that none waits much longer than it should: as many as Kafka
// takes in that time (Little's law), where even the quickest of late had to wait longer. A fixed number is
// a short wait for a quick broker and a lost delivery for a slow one.
//
// Where they wait for this process itself, whose turns are long because much comes in each, more may wait:
// to refuse them would cost half of what it costs to take them, and would leave less for those that are.

export interface WaitingLimits {
  /** Before anything is known, and for as long as Kafka is what they wait for. */
  readonly max: number
  /** Whatever they wait for: as many as can be there. */
  readonly mostMax: number
  readonly waitMsMax: number
}

/** Over the minimum of this time one slow leader among quick ones, or one pause of a broker, is no load. */
const windowMs = 500

/** Of the maximum: what one batch of every leader may need, so that a slow answer alone is not throttled. */
const leastShare = 0.1

/** Sent at the end of the turn it came in or, behind a batch under way, of the next; answered in one more. */
const ownTurnsMax = 3

/** Then Kafka, where it is slow all at once, is given no more than `max` again. */
const keptMs = 5000

export class WaitingLimit {
  readonly #limits: WaitingLimits
  #windowStartedMs = -Infinity
  #stored = 0
  #leastWaitMs = Infinity
  #turnsMs = 0
  #mostWaiting = 0
  /** When as many as `max` waited for this process last. */
  #neededMs = -Infinity
  value: number

  constructor(limits: WaitingLimits) {
    this.#limits = limits
    this.value = limits.max
  }

  admits(waiting: number): boolean {
    if (waiting > this.#mostWaiting) this.#mostWaiting = waiting
    return waiting < this.value
  }

  /**
   * One was acknowledged; a failure says nothing about how much Kafka takes. `turnMs`: how long a turn of the
   * event loop takes now.
   */
  stored(sentMs: number, nowMs: number, turnMs: number): void {
    const waitedMs = nowMs - sentMs
    const lastedMs = nowMs - this.#windowStartedMs
    if (lastedMs >= windowMs) this.#judge(lastedMs, nowMs)
    this.#stored++
    if (waitedMs < this.#leastWaitMs) this.#leastWaitMs = waitedMs
    this.#turnsMs += turnMs
  }

  #judge(lastedMs: number, nowMs: number): void {
    if (this.#stored > 0) this.value = this.#next(lastedMs, nowMs)
    this.#windowStartedMs = nowMs
    this.#stored = 0
    this.#leastWaitMs = Infinity
    this.#turnsMs = 0
    this.#mostWaiting = 0
  }

  #next(lastedMs: number, nowMs: number): number {
    const { max, mostMax, waitMsMax } = this.#limits
    const isOwn = this.#leastWaitMs <= (this.#turnsMs / this.#stored) * ownTurnsMax
    if (!isOwn && this.#leastWaitMs > waitMsMax) {
      const taken = Math.ceil((this.#stored * waitMsMax) / lastedMs)
      return Math.min(max, Math.max(1, Math.ceil(max * leastShare), taken))
    }
    if (this.value < max) {
      return isOwn || this.#leastWaitMs < waitMsMax / 2 ? Math.min(max, this.value * 2) : this.value
    }
    if (isOwn && this.#mostWaiting >= max) this.#neededMs = nowMs
    if (isOwn && this.#mostWaiting >= this.value) return Math.min(mostMax, this.value * 2)
    return nowMs - this.#neededMs < keptMs ? this.value : max
  }
}
