// What the CRM sink must have written for each event, worked out from the events alone, resource by
// resource. No code of the sink is used.

import type { CrmRecord } from '@fleet/contracts'

import type { CommonEvent } from '../../../packages/cli/src/verify/evidence.ts'
import type { Found } from './evidence.ts'

type Wanted = Pick<
  CrmRecord,
  'action' | 'entity_type' | 'entity_id' | 'customer_id' | 'customer_resolution' | 'status'
>

export type CrmEvent = CommonEvent & { customer_id?: string | null; claim_id?: string | null }

const actions = new Map([
  ['reservation', 'created updated canceled no_show accepted refused'],
  ['rental_session', 'checkin_started active extended completed canceled expired checkout_started'],
  ['incident', 'reported damage_reported claim_opened claim_resolved'],
  ['violation', 'matched disputed charged'],
  ['customer', 'created updated deleted'],
])

export class CrmModel {
  readonly #customers = new Map<string, { id: string; at: number }>()
  readonly #statuses = new Map<string, string | null>()
  readonly #erased = new Set<string>()

  /** Null: no record. Events of one resource must come in their order. */
  expect({ topic, key, value: event }: Found<CrmEvent>): Wanted | null {
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
    const place = { entity_type: type, entity_id: id, ...customer }
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
