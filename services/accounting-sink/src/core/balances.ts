// Sums by account, exact whatever their size: text of an integer, added as one.

import type { LedgerBalance, Line } from '@fleet/contracts'

export function addLines(balance: LedgerBalance, lines: readonly Line[]): LedgerBalance {
  const next: Record<string, readonly [string, string]> = { ...balance }
  for (const { account, side, amount_minor: minor } of lines) {
    const [debit, credit] = next[account] ?? ['0', '0']
    next[account] = side === 'DEBIT' ? [plus(debit, minor), credit] : [debit, plus(credit, minor)]
  }
  return next
}

export function plus(sum: string, minor: number): string {
  const exact = Number(sum) + minor
  if (Number.isSafeInteger(exact)) return String(exact)
  return String(BigInt(sum) + BigInt(minor))
}

/** How much the first is above the second; null when it is not, or by more than a number holds. */
export function excessOf(refunded: string, charged: string): number | null {
  const excess = BigInt(refunded) - BigInt(charged)
  if (excess <= 0n) return null
  return Number(excess > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : excess)
}
