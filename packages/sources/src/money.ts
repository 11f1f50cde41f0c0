// Money as sources write it, to minor units and an ISO 4217 code. Exact or nothing: an amount that
// cannot be represented exactly is refused, because nobody could later tell what was meant.

import type { Money } from '@fleet/contracts'
import type { Members } from './body-view.ts'
import { minorDigitsOf } from './normalize/currencies.ts'
import type { Json } from './strict-json.ts'

export type MoneyReading =
  | { readonly kind: 'money'; readonly money: Money }
  /** Neither `amount` nor `amount_minor`; a currency alone is no amount. */
  | { readonly kind: 'none' }
  /** An amount was sent and cannot be used. */
  | { readonly kind: 'bad' }

const bad: MoneyReading = { kind: 'bad' }
const decimalText = /^(-?)([0-9]+)(?:\.([0-9]+))?$/

/** Longer texts are no amounts; it bounds the work an attacker can ask for. */
const digitsMax = 40

/** Reads `amount_minor` (integer), `amount` (major units) and `currency`; null counts as absent. */
export function readMoney(data: Members): MoneyReading {
  const minor = data.get('amount_minor') ?? null
  const major = data.get('amount') ?? null
  if (minor === null && major === null) return { kind: 'none' }

  const currency = data.get('currency')
  const digits = typeof currency === 'string' ? minorDigitsOf(currency) : null
  if (typeof currency !== 'string' || digits === null) return bad
  const fromMinor = minor === null ? undefined : safeInteger(minor)
  const fromMajor = major === null ? undefined : toMinor(major, digits)
  if (fromMinor === null || fromMajor === null) return bad
  if (fromMinor !== undefined && fromMajor !== undefined && fromMinor !== fromMajor) return bad

  const amount = fromMinor ?? fromMajor
  return amount === undefined ? bad : { kind: 'money', money: { amount_minor: amount, currency } }
}

function safeInteger(value: Json): number | null {
  // + 0 turns -0 into 0.
  return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : null
}

/** Zeros at the end of the decimals are not significant: `12.500` is 12.50. */
function toMinor(value: Json, minorDigits: number): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  // A number by its shortest text; 1e21 and beyond is written with an exponent and refused below.
  const text = String(value)
  if (text.length > digitsMax) return null
  const match = decimalText.exec(text)
  if (match === null) return null
  const decimals = (match[3] ?? '').replace(/0+$/, '')
  if (decimals.length > minorDigits) return null
  const magnitude = Number(`${match[2] ?? ''}${decimals.padEnd(minorDigits, '0')}`)
  if (!Number.isSafeInteger(magnitude)) return null
  return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude
}
