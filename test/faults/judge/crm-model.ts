// What the CRM sink must have written for each event, worked out from the events alone, resource by
// resource. No code of the sink is used.

import type { CrmRecord } from '@fleet/contracts'

import type { CommonEvent } from '../../../packages/cli/src/verify/evidence.ts'
import type { Found } from './evidence.ts'
import { at } from './violation.ts'

type Wanted = Pick<
  CrmRecord,
  | 'action'
  | 'category'
  | 'customer_id'
  | 'customer_resolution'
  | 'entity_id'
  | 'entity_type'
  | 'severity'
  | 'status'
>

type Told = 'category' | 'claim_id' | 'customer_id' | 'reason' | 'severity' | 'violation_code'
export type CrmEvent = CommonEvent & Partial<Record<Told, string | null>>

const actions = new Map([
  ['reservation', 'created updated canceled no_show accepted refused'],
  ['rental_session', 'checkin_started active extended completed canceled expired checkout_started'],
  ['incident', 'reported damage_reported claim_opened claim_resolved'],
  ['violation', 'matched disputed charged'],
  ['customer', 'created updated deleted'],
])

/** What must be written again of an earlier event, by the event that names its customer. */
export type WantedCompletion = Wanted & { completed_by: string | null }

interface Open {
  event: Found<CrmEvent>
  wanted: Wanted
}

export class CrmModel {
  /** By key: events that nobody's customer is known of, oldest first. */
  readonly #open = new Map<string, Open[]>()
  readonly #customers = new Map<string, { id: string; at: number }>()
  readonly #statuses = new Map<string, string | null>()
  readonly #erased = new Set<string>()

  /** Of earlier events of the resource; to be asked before `expect` is for the same event. */
  completions({ topic, key, value: event }: Found<CrmEvent>): Map<string, WantedCompletion> {
    const named = event.customer_id ?? null
    const domain = topic.split('.')[2] ?? ''
    const counts = actions.has(domain) && domain !== 'customer' && event.mode !== 'TEST'
    const open = this.#open.get(key) ?? []
    if (!counts || named === null || open.length === 0) return new Map()
    this.#open.delete(key)
    const upserts = open.filter(({ wanted }) => wanted.action === 'UPSERT')
    const newest = new Map(upserts.map(one => [thingOf(one.wanted), one]))
    return new Map(
      open.map(one => {
        const isNewest = newest.get(thingOf(one.wanted)) === one
        const said = isNewest ? {} : { action: 'HISTORY', status: null }
        const by = { customer_resolution: 'COMPLETED', completed_by: event.event_id }
        return [at(one.event), { ...one.wanted, ...said, customer_id: named, ...by }]
      }),
    )
  }

  /** Null: no record. Events of one resource must come in their order. */
  expect(found: Found<CrmEvent>): Wanted | null {
    const wanted = this.#expect(found)
    if (wanted?.customer_resolution === 'UNRESOLVED') {
      const open = this.#open.get(found.key) ?? []
      const isAgain = open.some(({ event }) => event.value.event_id === found.value.event_id)
      if (!isAgain) this.#open.set(found.key, [...open, { event: found, wanted }])
    }
    return wanted
  }

  #expect({ topic, key, value: event }: Found<CrmEvent>): Wanted | null {
    const domain = topic.split('.')[2] ?? ''
    const known = actions.get(domain)
    if (known === undefined || event.mode === 'TEST') return null
    const [prefix, action = ''] = event.event_type.split('.')
    const isKnown = prefix === domain && known.split(' ').includes(action)
    const isClaim = domain === 'incident' && action.startsWith('claim_')
    const type = domain === 'customer' ? 'contact' : isClaim ? 'claim' : domain
    const id = (isClaim ? event.claim_id : null) ?? event.resource.id
    const entity = `${key} ${type} ${id}`
    const lost = event.disposition === 'SUPERSEDED'
    if (lost && this.#erased.has(entity)) return null
    const customer = this.#customer(domain, key, event)
    const place = { entity_type: type, entity_id: id, ...customer, ...sentBy(event) }
    if (lost || !isKnown) return { action: 'HISTORY', ...place, status: null }
    if (domain === 'customer' && action === 'deleted') {
      this.#erased.add(entity)
      this.#statuses.delete(entity)
      return { action: 'ERASE', ...place, status: null }
    }
    this.#erased.delete(entity)
    const status = this.#status(entity, event, action)
    this.#statuses.set(entity, status)
    return { action: 'UPSERT', ...place, status }
  }

  #status(entity: string, { attributes }: CrmEvent, action: string): string {
    const given = attributes['data.status']
    if (given !== undefined) return String(JSON.parse(given))
    return action === 'updated' ? (this.#statuses.get(entity) ?? 'created') : action
  }

  #customer(
    domain: string,
    key: string,
    event: CrmEvent,
  ): Pick<Wanted, 'customer_id' | 'customer_resolution'> {
    const named = event.customer_id ?? null
    if (domain === 'customer') {
      return { customer_id: named ?? event.resource.id, customer_resolution: 'KNOWN' }
    }
    const before = this.#customers.get(key)
    if (named === null) {
      return before === undefined
        ? { customer_id: null, customer_resolution: 'UNRESOLVED' }
        : { customer_id: before.id, customer_resolution: 'COMPLETED' }
    }
    if (before === undefined || before.at <= event.effective_at) {
      this.#customers.set(key, { id: named, at: event.effective_at })
    }
    return { customer_id: named, customer_resolution: 'KNOWN' }
  }
}

/** As the source sent it, in whatever field of the event its domain has for it. */
function sentBy(event: CrmEvent): Pick<Wanted, 'category' | 'severity'> {
  const category = event.category ?? event.violation_code ?? event.reason ?? null
  return { category, severity: event.severity ?? null }
}

function thingOf({ entity_type, entity_id }: Wanted): string {
  return `${entity_type} ${entity_id}`
}
