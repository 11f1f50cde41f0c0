// What was answered, by status, and how long it took.

import { median, rounded } from '../../process/figures.ts'
import type { Answer } from './connections.ts'

export class Tally {
  readonly #ms = new Map<number, number[]>()

  add({ status, ms }: Answer): void {
    const known = this.#ms.get(status)
    if (known === undefined) this.#ms.set(status, [ms])
    else known.push(ms)
  }

  count(isCounted: (status: number) => boolean): number {
    return [...this.#ms].reduce((sum, [status, ms]) => sum + (isCounted(status) ? ms.length : 0), 0)
  }

  /** Null: there was none. */
  percentile(share: number, isCounted: (status: number) => boolean): number | null {
    const all = [...this.#ms].filter(([status]) => isCounted(status)).flatMap(([, ms]) => ms)
    if (all.length === 0) return null
    const sorted = all.toSorted((a, b) => a - b)
    return rounded(
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null,
      1,
    )
  }

  /** For people: `200: 1234 (p50 3 ms)`. */
  text(): string {
    return [...this.#ms]
      .toSorted(([a], [b]) => a - b)
      .map(([status, ms]) => {
        const name = status === 0 ? 'no answer' : String(status)
        return `${name}: ${ms.length} (p50 ${rounded(median(ms), 1)} ms)`
      })
      .join(', ')
  }

  byStatus(): Record<string, number> {
    return Object.fromEntries([...this.#ms].map(([status, ms]) => [String(status), ms.length]))
  }
}

/** Least squares: how much y grows for one of x. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length
  const sumX = points.reduce((sum, [x]) => sum + x, 0)
  const sumY = points.reduce((sum, [, y]) => sum + y, 0)
  const over = points.reduce((sum, [x, y]) => sum + (x - sumX / n) * (y - sumY / n), 0)
  const under = points.reduce((sum, [x]) => sum + (x - sumX / n) ** 2, 0)
  return under === 0 ? 0 : over / under
}
