// Sheds load where this process itself is the limit. What is read in one turn of the event loop has
// waited at most since the turn before, so the length of turns is the age of the work. Where turns stay
// too long, what a turn comes to late is refused, but never for so long that refusing eats the capacity.

/** How long turns must have been too long, one after another: a process that just began is no load. */
const patienceMs = 2000

/**
 * Of the time of an overloaded turn. A refusal costs about half of a delivery, so this part pays for one
 * refusal to three deliveries; whoever comes beyond that is served late, as many as may connect.
 */
const refusingShare = 0.15

export class TurnGate {
  readonly #ageMsMax: number
  readonly #cycleMs: number
  #startedMs = 0
  #isInTurn = false
  #lastMs = 0
  /** Since when no turn was short enough. */
  #longSinceMs = Infinity

  constructor(ageMsMax: number) {
    this.#ageMsMax = ageMsMax
    this.#cycleMs = ageMsMax / (1 - refusingShare)
  }

  /** The first work of a turn. */
  begin(nowMs: number): void {
    this.#startedMs = nowMs
    this.#isInTurn = true
  }

  /** Everything a turn found to do is done. */
  end(nowMs: number): void {
    this.#isInTurn = false
    this.#lastMs = nowMs - this.#startedMs
    if (this.#lastMs <= this.#ageMsMax) this.#longSinceMs = Infinity
    else if (this.#longSinceMs === Infinity) this.#longSinceMs = this.#startedMs
  }

  /** How long a turn takes now: the last one, or the present one where it has taken longer already. */
  turnMs(nowMs: number): number {
    return this.#isInTurn ? Math.max(this.#lastMs, nowMs - this.#startedMs) : this.#lastMs
  }

  admits(nowMs: number): boolean {
    const ageMs = nowMs - this.#startedMs
    if (ageMs <= this.#ageMsMax || nowMs - this.#longSinceMs < patienceMs) return true
    return ageMs % this.#cycleMs <= this.#ageMsMax
  }
}
