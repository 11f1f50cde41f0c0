// What time it is for ticks. Three witnesses say: the machine's clock, the broker's (the append times a
// task has read, carried on by elapsed time), and the time believed before, carried on likewise. The
// middle one is believed, so that no single clock that jumps moves a timer or stops one: a tick ahead of
// its time could not be taken back, and later ones would wait until the world has caught up with it.

import type { Clock } from '@fleet/runtime'

interface Witnessed {
  readonly wallMs: number
  /** When that was. */
  readonly elapsedMs: number
}

const nothing: Witnessed = { wallMs: 0, elapsedMs: 0 }

export class TickClock {
  readonly #clock: Clock
  #broker = nothing
  #believed = nothing

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What the broker's clock says now, or said when that much time had passed. */
  brokerSays(wallMs: number, elapsedMs = this.#clock.elapsedMs()): void {
    this.#broker = { wallMs, elapsedMs }
  }

  /** A record from then was read. It may have waited long, so it is later now, by the broker's clock. */
  brokerSaid(wallMs: number): void {
    if (wallMs > carriedOn(this.#broker, this.#clock.elapsedMs())) this.brokerSays(wallMs)
  }

  /** It was this late before, whoever's tick it was. */
  wasBelieved(wallMs: number): void {
    const elapsedMs = this.#clock.elapsedMs()
    if (wallMs > carriedOn(this.#believed, elapsedMs)) this.#believed = { wallMs, elapsedMs }
  }

  nowMs(): number {
    const elapsedMs = this.#clock.elapsedMs()
    const wallMs = middle(
      this.#clock.wallMs(),
      carriedOn(this.#broker, elapsedMs),
      carriedOn(this.#believed, elapsedMs),
    )
    this.#believed = { wallMs, elapsedMs }
    return wallMs
  }
}

function carriedOn({ wallMs, elapsedMs }: Witnessed, nowElapsedMs: number): number {
  return wallMs + (nowElapsedMs - elapsedMs)
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
