// The typed fields of each domain, read from a source's `data` by their own names. A value that does
// not parse leaves its field null and stays among the attributes; nothing is guessed from elsewhere.

import type { Domain } from '@fleet/contracts'
import type { Members } from './body-view.ts'
import { parseId } from './identity.ts'
import { readMoney } from './money.ts'
import type { FieldsOf } from './normalize/normalized-event.ts'
import { elements } from './strict-json.ts'
import type { Json } from './strict-json.ts'
import { parseTime } from './times.ts'

type FieldKind =
  /** A string or a safe integer, as ids everywhere. */
  | 'id'
  | 'text'
  | 'time'
  | 'number'
  | 'year'
  | 'texts'
  /** `amount_minor` or `amount`, with `currency`. */
  | 'money'
  /** An array only its own adapter can read: empty here. */
  | 'empty'

const fieldKinds: {
  readonly [D in Domain]: { readonly [N in keyof FieldsOf<D>]: FieldKind }
} = {
  reservation: {
    customer_id: 'id',
    vehicle_id: 'id',
    location_id: 'id',
    reason: 'text',
    starts_at: 'time',
    ends_at: 'time',
    amount: 'money',
  },
  rental_session: {
    customer_id: 'id',
    vehicle_id: 'id',
    reservation_id: 'id',
    reason: 'text',
    started_at: 'time',
    due_at: 'time',
    ended_at: 'time',
  },
  vehicle_availability: {
    vehicle_id: 'id',
    calendar_id: 'id',
    reason: 'text',
    window_start: 'time',
    window_end: 'time',
  },
  incident: {
    customer_id: 'id',
    vehicle_id: 'id',
    reservation_id: 'id',
    rental_session_id: 'id',
    claim_id: 'id',
    severity: 'text',
    category: 'text',
    amount: 'money',
  },
  violation: {
    customer_id: 'id',
    vehicle_id: 'id',
    rental_session_id: 'id',
    violation_code: 'id',
    reason: 'text',
    amount: 'money',
  },
  billing: {
    customer_id: 'id',
    reservation_id: 'id',
    rental_session_id: 'id',
    charge_id: 'id',
    refund_of: 'id',
    category: 'text',
    reason: 'text',
    amount: 'money',
  },
  customer: { customer_id: 'id', name: 'text', email: 'text', phone: 'text', locale: 'text' },
  location: {
    name: 'text',
    address: 'text',
    timezone: 'text',
    latitude: 'number',
    longitude: 'number',
  },
  vehicle: {
    vehicle_id: 'id',
    user_id: 'id',
    make: 'text',
    model: 'text',
    vin: 'text',
    year: 'year',
    triggers: 'texts',
    signals: 'empty',
    errors: 'empty',
  },
  unmapped: {},
}

interface DomainFields {
  readonly kinds: readonly (readonly [name: string, kind: FieldKind])[]
  /** Of a body that says nothing: one and the same, so that its texts are made once. */
  readonly none: Readonly<Record<string, unknown>>
}

const fieldsOfDomain: ReadonlyMap<string, DomainFields> = new Map(
  Object.entries(fieldKinds).map(([domain, byName]) => {
    const kinds = Object.entries<FieldKind>(byName)
    const none = Object.fromEntries(kinds.map(([name, kind]) => [name, noneOf(kind)]))
    return [domain, { kinds, none: Object.freeze(none) }]
  }),
)

function noneOf(kind: FieldKind): readonly never[] | null {
  return kind === 'texts' || kind === 'empty' ? Object.freeze([]) : null
}

export interface FieldsReading<D extends Domain> {
  /** Frozen where no field holds anything. */
  readonly fields: FieldsOf<D>
  /** Members of `data` that a field now holds. */
  readonly heldNames: readonly string[]
}

export function readDomainFields<D extends Domain>(
  domain: D,
  eventType: string,
  data: Members,
): FieldsReading<D> {
  const { kinds, none } = fieldsOfDomain.get(domain) as DomainFields
  let fields: Record<string, unknown> | null = null
  const heldNames: string[] = []
  for (let i = 0; i < kinds.length; i++) {
    const [name, kind] = kinds[i] as (typeof kinds)[number]
    let parsed: unknown = null
    if (kind === 'money') parsed = readAmount(eventType, data, heldNames)
    else {
      const value = data.get(name)
      if (value !== undefined && value !== null) parsed = readField(kind, value)
      if (value === null || parsed !== null) heldNames.push(name)
    }
    if (parsed !== null) (fields ??= { ...none })[name] = parsed
  }
  // The table above is checked against the records, so these are the domain's fields.
  return { fields: (fields ?? none) as unknown as FieldsOf<D>, heldNames }
}

const moneyMembers = ['amount_minor', 'amount', 'currency'] as const

/** Here a negative amount means nothing: it is no money, and the ledger refuses it as BAD_AMOUNT. */
const neverNegative: ReadonlySet<string> = new Set([
  'billing.charge_succeeded',
  'billing.refund_processed',
  'violation.charged',
  'incident.claim_resolved',
])

function readAmount(eventType: string, data: Members, heldNames: string[]): unknown {
  const reading = readMoney(data)
  const held =
    reading.kind === 'money' && !(reading.money.amount_minor < 0 && neverNegative.has(eventType))
  for (const name of moneyMembers) {
    if (held || data.get(name) === null) heldNames.push(name)
  }
  return held ? reading.money : null
}

function readField(kind: Exclude<FieldKind, 'money'>, value: Json): unknown {
  switch (kind) {
    case 'id':
      return parseId(value)
    case 'text':
      return readText(value)
    case 'time':
      return parseTime(value)
    case 'number':
      return readNumber(value)
    case 'year':
      return readYear(value)
    case 'texts':
      return readTexts(value)
    case 'empty':
      return null
  }
}

const loneSurrogate = /\p{Cs}/u

/** A string that UTF-8 can carry; null for everything else. */
export function readText(value: Json | undefined): string | null {
  return typeof value === 'string' && !loneSurrogate.test(value) ? value : null
}

const decimalText = /^-?[0-9]{1,20}(\.[0-9]{1,20})?$/

function readNumber(value: Json): number | null {
  if (typeof value === 'string') return decimalText.test(value) ? Number(value) : null
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A year of manufacture, as a number or as text of four digits. */
export function readYear(value: Json | undefined): number | null {
  const year = typeof value === 'string' && /^[0-9]{4}$/.test(value) ? Number(value) : value
  return typeof year === 'number' && Number.isInteger(year) && year >= 0 && year <= 9999
    ? year
    : null
}

function readTexts(value: Json): string[] | null {
  if (!Array.isArray(value)) return null
  const texts = elements(value).map(readText)
  return texts.every(text => text !== null) ? texts : null
}
