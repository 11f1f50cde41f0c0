// Decimals of each currency's minor unit: the ISO 4217 table of the library `currency-codes`, and the few
// rulings that a table of active currencies needs. Looked up once a delivery, so it is a map made once.

import { data } from 'currency-codes'

/**
 * In list one of ISO 4217 with no minor unit ("N.A."), which the library gives as 0: metals, bond-market
 * and accounting units, test codes. Nobody pays with them, so they are no money.
 */
const withoutMinorUnit: ReadonlySet<string> = new Set(
  'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '),
)

/**
 * Newer than the library's list (its date is `publishDate`): ISO 4217 amendments 176 (XCG) and list one of
 * 2026-01-01 (XAD). A test fails when the library has learnt one, which then leaves this table.
 */
export const newerThanTheLibrary: ReadonlyMap<string, number> = new Map([
  ['XAD', 2],
  ['XCG', 2],
])

/**
 * Withdrawn currencies whose late events and refunds still arrive within the state horizon. The library
 * may drop them with its next list; their exponents stay.
 */
const withdrawn: ReadonlyMap<string, number> = new Map([['BGN', 2]])

const minorDigits: ReadonlyMap<string, number> = new Map([
  ...withdrawn,
  ...newerThanTheLibrary,
  ...data
    .filter(({ code }) => !withoutMinorUnit.has(code))
    .map(({ code, digits }) => [code, digits] as const),
])

/** Decimals of the currency's minor unit; null for a code that is unknown or not in upper case. */
export function minorDigitsOf(currency: string): number | null {
  return minorDigits.get(currency) ?? null
}

export const currencyCodes: readonly string[] = [...minorDigits.keys()]
