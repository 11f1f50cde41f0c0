// One register for each domain of a resource, held by the greatest event so far.

import { rankOf } from '@fleet/contracts'
import type { Register } from '@fleet/contracts'

import { compareStandings } from './last-write-wins.ts'
import type { NormalizedEvent } from './normalized-event.ts'

/** The register the event makes if it wins against `current`; null when it does not. */
export function competeForRegister(
  current: Register | undefined,
  event: NormalizedEvent,
  effectiveAt: number,
): Register | null {
  const rank = rankOf(event.eventType)
  const standing = { effectiveAt, rank, eventId: event.eventId }
  if (current !== undefined && compareStandings(standing, standingOf(current)) <= 0) return null
  return {
    event_id: event.eventId,
    event_type: event.eventType,
    occurred_at: event.occurredAt,
    effective_at: effectiveAt,
    rank,
    data_json: dataJsonOf(event),
  }
}

function standingOf(register: Register) {
  return {
    effectiveAt: register.effective_at,
    rank: register.rank,
    eventId: register.event_id,
  }
}

/**
 * Typed fields and attributes. A deleted customer's stay out: the table and its followers must not
 * keep what was erased. `won` of a signal stays out: it depends on the order of arrival, a register
 * must not.
 */
function dataJsonOf(event: NormalizedEvent): string {
  if (event.eventType === 'customer.deleted') return '{}'
  const fields = fieldsJson(event.fields)
  const attributes = `"attributes":${event.attributes.json}}`
  return fields === '{}' ? `{${attributes}` : `${fields.slice(0, -1)},${attributes}`
}

/** What is frozen comes again. */
const frozen = new WeakMap<object, string>()

function fieldsJson(fields: object): string {
  const known = frozen.get(fields)
  if (known !== undefined) return known
  const json = JSON.stringify(withoutWon(fields))
  if (Object.isFrozen(fields)) frozen.set(fields, json)
  return json
}

function withoutWon(fields: object): object {
  if (!('signals' in fields) || !Array.isArray(fields.signals)) return fields
  const signals = fields.signals as readonly object[]
  return { ...fields, signals: signals.map(signal => ({ ...signal, won: undefined })) }
}
