// Stops asking a log that does not answer: after some failures in a row deliveries are refused at once,
// but for one probe a second, and the first success closes it again.

export interface Breaker {
  readonly failures: number
  /** When it may be tried again; nothing while it is closed. */
  readonly probeAtMs: number
}

export const closedBreaker: Breaker = { failures: 0, probeAtMs: 0 }

/** Fewer would open on one bad request; each one more is a deadline that many senders wait for. */
const failuresToOpen = 5
const probeEveryMs = 1000

export function isOpen({ failures }: Breaker): boolean {
  return failures >= failuresToOpen
}

/** Whether to try now, and the breaker afterwards: whoever gets the probe takes it from the others. */
export function tryBreaker(
  breaker: Breaker,
  nowMs: number,
): { readonly allowed: boolean; readonly breaker: Breaker } {
  if (!isOpen(breaker)) return { allowed: true, breaker }
  if (nowMs < breaker.probeAtMs) return { allowed: false, breaker }
  return { allowed: true, breaker: { ...breaker, probeAtMs: nowMs + probeEveryMs } }
}

export function afterFailure(breaker: Breaker, nowMs: number): Breaker {
  return { failures: breaker.failures + 1, probeAtMs: nowMs + probeEveryMs }
}
