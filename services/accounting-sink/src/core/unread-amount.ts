// Why an event has no amount though one was sent: read again from the attributes, where the mapper leaves
// what it could not read. Only words for the dead letter: nothing is booked by it. It quotes nothing of the
// sender's, so the message may be shown to anybody.

/** Decimals of a currency's minor unit; null: no currency that is paid with. */
export type MinorDigitsOf = (currency: string) => number | null

const decimalText = /^(-?)([0-9]+)(?:\.([0-9]+))?$/

/** As in the mapper: a longer text is no amount. */
const digitsMax = 40

/** Null: no amount was sent. */
export function unreadAmount(
  attributes: Readonly<Record<string, string>>,
  minorDigitsOf: MinorDigitsOf,
): string | null {
  const minor = parsed(attributes['data.amount_minor'])
  const major = parsed(attributes['data.amount'])
  if (minor === null && major === null) return null
  const currency = parsed(attributes['data.currency'])
  if (currency === null) return 'data.currency is missing'
  const digits = typeof currency === 'string' ? minorDigitsOf(currency) : null
  if (digits === null) return 'data.currency is not in ISO 4217, or not in upper case'

  const fromMinor = minor === null ? null : minorUnits(minor)
  const fromMajor = major === null ? null : scaled(major, digits)
  const problem = [fromMinor, fromMajor].find(each => typeof each === 'string')
  if (typeof problem === 'string') return problem
  if (fromMinor !== null && fromMajor !== null && fromMinor !== fromMajor) {
    return 'data.amount and data.amount_minor are not the same amount'
  }
  if (Number(fromMinor ?? fromMajor) < 0) return 'the amount is negative'
  const name = minor === null ? 'data.amount' : 'data.amount_minor'
  return `${name} was not read when the event was normalized; give the amount by a patch`
}

/** Attributes are JSON text; an explicit null says the same as an absent value. */
function parsed(json: string | undefined): unknown {
  if (json === undefined) return null
  try {
    return JSON.parse(json)
  } catch {
    // Mended by hand, and no JSON: what stands there is no number either.
    return {}
  }
}

/** The minor units, or what is wrong. */
function minorUnits(value: unknown): number | string {
  if (typeof value !== 'number') return 'data.amount_minor is not a number'
  if (!Number.isInteger(value)) return 'data.amount_minor is not an integer'
  return Number.isSafeInteger(value) ? value : 'data.amount_minor is too large'
}

/** The minor units of an amount in major ones, or what is wrong. */
function scaled(value: unknown, digits: number): number | string {
  if (typeof value !== 'number' && typeof value !== 'string') return 'data.amount is not a number'
  const text = String(value)
  if (text.length > digitsMax) return 'data.amount is too long'
  const [, sign, whole = '', fraction = ''] = decimalText.exec(text) ?? []
  if (sign === undefined) return 'data.amount is not a decimal number such as 12.50'
  const decimals = fraction.replace(/0+$/, '')
  if (decimals.length > digits) {
    return `data.amount has more decimals than its currency, which has ${digits}`
  }
  const magnitude = Number(`${whole}${decimals.padEnd(digits, '0')}`)
  if (!Number.isSafeInteger(magnitude)) return 'data.amount is too large'
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude
}
