// Minor units as a person writes money: exact text, never a floating-point number.

import { minorDigitsOf } from '@fleet/sources'

/** `-12.50` of -1250 in EUR; the minor units as they are in a currency that is no longer known. */
export function majorUnits(minor: bigint, currency: string): string {
  const digits = minorDigitsOf(currency) ?? 0
  if (digits === 0) return String(minor)
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0')
  const whole = text.slice(0, -digits)
  return `${minor < 0n ? '-' : ''}${whole}.${text.slice(-digits)}`
}
