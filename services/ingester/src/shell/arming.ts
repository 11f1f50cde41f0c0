// Which armings of endpoints were used up. An operator arms an endpoint until a time; that arming answers
// one unsigned challenge, and only another time arms it again. Known to this process alone.

import type { Endpoint } from '@fleet/sources'

export class Armings {
  /** The arming that was spent, by endpoint id: bounded by the endpoints that ever were in the file. */
  readonly #spentUntilMs = new Map<string, number>()

  isArmed({ id, verifyArmedUntilMs }: Endpoint, nowMs: number): boolean {
    if (verifyArmedUntilMs === null || verifyArmedUntilMs <= nowMs) return false
    return this.#spentUntilMs.get(id) !== verifyArmedUntilMs
  }

  spend({ id, verifyArmedUntilMs }: Endpoint): void {
    if (verifyArmedUntilMs !== null) this.#spentUntilMs.set(id, verifyArmedUntilMs)
  }
}
