// How many records one transaction may take, so that taking, deciding and committing them stays within
// the latency target: few while transactions are slow, many while they are cheap. An idle stage is not
// concerned: it takes what is there, however little. Pure.

/** Enough to measure a rate; and a stage in trouble still moves. */
const recordsMin = 16
/** Bounds the memory and the work lost with one transaction, and how long deciding holds the thread. */
const recordsMax = 5000
const recordsAtStart = 250
/** Between this share of the target and the target itself nothing changes. */
const slackShare = 0.75
/** One slow commit (a collection, a leader's election) says little about the next. */
const shrinkMin = 0.5
const growMax = 1.5

export class BatchSize {
  readonly #targetMs: number
  #records = recordsAtStart

  constructor(targetMs: number) {
    this.#targetMs = targetMs
  }

  /** Most records of the next transaction. */
  get records(): number {
    return Math.round(this.#records)
  }

  /** A transaction of `records` was committed `elapsedMs` after its records were taken. */
  observe(records: number, elapsedMs: number): void {
    const share = Math.max(elapsedMs, 0.1) / this.#targetMs
    if (share > 1) {
      // What did not fill the limit was slow for another reason than its size.
      if (records * 2 < this.#records) return
      this.#records = Math.max(recordsMin, this.#records * Math.max(shrinkMin, 1 / share))
    } else if (share < slackShare && records >= this.records) {
      this.#records = Math.min(recordsMax, this.#records * Math.min(growMax, slackShare / share))
    }
  }
}
