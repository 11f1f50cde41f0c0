// How long to wait before a worker that ended is replaced. One death is an accident and costs little; one
// after the other is a fault, and starting again at once would only burn the processor. Pure.

const pauseMsMin = 100
const pauseMsMax = 15_000
/** Whoever ran this long had started well. */
const healthyMs = 30_000

/** The pause after a run of `ranMs`, when the one before had been `previousMs` (0: there was none). */
export function restartPauseMs(previousMs: number, ranMs: number): number {
  if (ranMs >= healthyMs || previousMs === 0) return pauseMsMin
  return Math.min(previousMs * 2, pauseMsMax)
}
