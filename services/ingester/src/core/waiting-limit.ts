// How many deliveries may wait for Kafka, so that none waits much longer than it should: as many as Kafka
// takes in that time (Little's law), where even the quickest of late had to wait longer. A fixed number is
// a short wait for a quick broker and a lost delivery for a slow one.

export interface WaitingLimits {
  readonly max: number
  readonly waitMsMax: number
}

/** Over the minimum of this time one slow leader among quick ones, or one pause of a broker, is no load. */
const windowMs = 500

/** Of the maximum: what one batch of every leader may need, so that a slow answer alone is not throttled. */
const leastShare = 0.1

export class WaitingLimit {
  readonly #max: number
  readonly #min: number
  readonly #waitMsMax: number
  #windowStartedMs = -Infinity
  #stored = 0
  #leastWaitMs = Infinity
  value: number

  constructor({ max, waitMsMax }: WaitingLimits) {
    this.#max = max
    this.#min = Math.max(1, Math.ceil(max * leastShare))
    this.#waitMsMax = waitMsMax
    this.value = max
  }

  /** One was acknowledged; a failure says nothing about how much Kafka takes. */
  stored(sentMs: number, nowMs: number): void {
    const waitedMs = nowMs - sentMs
    const lastedMs = nowMs - this.#windowStartedMs
    if (lastedMs >= windowMs) this.#judge(lastedMs, nowMs)
    this.#stored++
    if (waitedMs < this.#leastWaitMs) this.#leastWaitMs = waitedMs
  }

  #judge(lastedMs: number, nowMs: number): void {
    if (this.#leastWaitMs > this.#waitMsMax && this.#stored > 0) {
      this.value = this.#within((this.#stored * this.#waitMsMax) / lastedMs)
    } else if (this.#leastWaitMs < this.#waitMsMax / 2) this.value = this.#within(this.value * 2)
    this.#windowStartedMs = nowMs
    this.#stored = 0
    this.#leastWaitMs = Infinity
  }

  #within(count: number): number {
    return Math.min(this.#max, Math.max(this.#min, Math.ceil(count)))
  }
}
