// How many records one transaction may take, so that deciding and committing them stays within the
// latency target: few while records are dear, many while they are cheap. An idle stage is not
// concerned: it takes what is there, however little. Pure.

/** A stage in trouble still moves. */
const recordsMin = 16
/** Bounds the memory and the work lost with one transaction. */
const recordsMax = 5000
const recordsAtStart = 250
/**
 * Deciding gets at least this share of the target, however long commits take: fewer records would
 * not make a slow commit faster, only rarer work between slow commits.
 */
const decideShareMin = 0.25
/** Weight of the newest transaction; one slow commit (an election, a collection) says little. */
const weight = 0.2

export class BatchSize {
  readonly #targetMs: number
  #commitMs = 0
  #recordMs: number

  constructor(targetMs: number) {
    this.#targetMs = targetMs
    this.#recordMs = targetMs / recordsAtStart
  }

  /** Most records of the next transaction. */
  get records(): number {
    const decideMs = Math.max(this.#targetMs - this.#commitMs, this.#targetMs * decideShareMin)
    return Math.max(recordsMin, Math.min(recordsMax, Math.round(decideMs / this.#recordMs)))
  }

  /** A transaction was committed; what few records take says nothing about many. */
  observe(records: number, decideMs: number, commitMs: number): void {
    if (records < recordsMin) return
    this.#commitMs += weight * (commitMs - this.#commitMs)
    this.#recordMs += weight * (Math.max(decideMs, 0.001) / records - this.#recordMs)
  }
}
