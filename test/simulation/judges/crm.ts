// The CRM topic: every live event once, except late ones of an erased contact; status and customer as a
// plain model gives them that follows the records in the order they stand.

import { topics } from '@fleet/contracts'
import type { CrmRecord, ReservationEvent } from '@fleet/contracts'

import { inputsOf } from '../world/stage-inputs.ts'
import { placeOf } from './history.ts'
import type { Entry, History, Violation } from './history.ts'

type Event = Pick<
  ReservationEvent,
  | 'attributes'
  | 'customer_id'
  | 'disposition'
  | 'effective_at'
  | 'event_id'
  | 'event_type'
  | 'mode'
  | 'resource'
> & { claim_id?: string | null }

interface Thing {
  status: string | null
  isErased: boolean
}

const updating = /\.(updated)$/
const known: Readonly<Record<string, RegExp>> = {
  reservation: /^reservation\.(created|updated|canceled|no_show|accepted|refused)$/,
  rental_session:
    /^rental_session\.(checkin_started|active|extended|completed|canceled|expired|checkout_started)$/,
  incident: /^incident\.(reported|damage_reported|claim_opened|claim_resolved)$/,
  violation: /^violation\.(matched|disputed|charged)$/,
  customer: /^customer\.(created|updated|deleted)$/,
}

export function judgeCrm(history: History): Violation[] {
  return Array.from({ length: history.partitions }, (_, partition) =>
    new CrmJudge(history, partition).judge(),
  ).flat()
}

class CrmJudge {
  readonly #history: History
  readonly #partition: number
  readonly #things = new Map<string, Thing>()
  readonly #customers = new Map<string, { id: string; at: number }>()
  readonly #violations: Violation[] = []

  constructor(history: History, partition: number) {
    this.#history = history
    this.#partition = partition
  }

  judge(): Violation[] {
    const events = new Map<string, { domain: string; entry: Entry; event: Event }>()
    for (const topic of inputsOf['crm-sink']) {
      const domain = topic.name.split('.')[2] ?? ''
      for (const entry of this.#history.committed(topic, this.#partition)) {
        const event = this.#history.value<Event>(topic, entry)
        if (event !== null) events.set(placeOf(entry.record), { domain, entry, event })
      }
    }
    for (const entry of this.#history.committed(topics.crm, this.#partition)) {
      const record = this.#history.value<CrmRecord>(topics.crm, entry)
      if (record === null) continue
      const place = placeOf(record.origin)
      const source = events.get(place)
      events.delete(place)
      if (source === undefined) {
        this.#complain(
          'duplicate',
          `${placeOf(entry.record)} from ${place}, no event or used before`,
        )
      } else this.#judgeRecord(record, source.domain, source.entry, source.event)
    }
    for (const [place, { domain, event }] of events) {
      if (event.mode === 'TEST') continue
      const mayBeSilent = domain === 'customer' && event.disposition === 'SUPERSEDED'
      if (!mayBeSilent || !this.#wasErased(place))
        this.#complain('lost-write', `no record of ${place}`)
    }
    return this.#violations
  }

  #complain(rule: string, detail: string): void {
    this.#violations.push({ rule, detail: `crm: ${detail}` })
  }

  /** Whether the newest decisive customer event of the resource before this place erased it. */
  #wasErased(place: string): boolean {
    const topic = topics.events.customer
    let key = ''
    let isErased = false
    const entries = this.#history.committed(topic, this.#partition)
    const at = entries.findIndex(({ record }) => placeOf(record) === place)
    key = entries[at]?.record.key?.toString('utf8') ?? ''
    for (const entry of entries.slice(0, at)) {
      const event = this.#history.value<Event>(topic, entry)
      if (event === null || entry.record.key?.toString('utf8') !== key) continue
      if (event.mode === 'TEST' || event.disposition === 'SUPERSEDED') continue
      isErased = event.event_type === 'customer.deleted'
    }
    return isErased
  }

  #judgeRecord(record: CrmRecord, domain: string, { record: input }: Entry, event: Event): void {
    const place = placeOf(record.origin)
    if (event.mode === 'TEST') this.#complain('wrong-verdict', `${place} is a test`)
    const key = input.key?.toString('utf8') ?? ''
    const isClaim = event.event_type.startsWith('incident.claim_')
    const id = (isClaim ? event.claim_id : null) ?? event.resource.id
    const thingKey = JSON.stringify([key, isClaim ? 'claim' : domain, id])
    const before = this.#things.get(thingKey) ?? { status: null, isErased: false }
    const changes =
      event.disposition === 'CURRENT' && known[domain]?.test(event.event_type) === true
    const erases = changes && event.event_type === 'customer.deleted'
    const status = changes && !erases ? statusOf(event, before.status) : null
    if (changes) this.#things.set(thingKey, { status, isErased: erases })
    const action = erases ? 'ERASE' : changes ? 'UPSERT' : 'HISTORY'
    const customer =
      domain === 'customer' ? (event.customer_id ?? event.resource.id) : this.#customer(key, event)
    const is = [record.action, record.status, record.customer_id, record.entity_id, record.event_id]
    const must = [action, status, customer, id, event.event_id]
    if (JSON.stringify(is) === JSON.stringify(must)) return
    this.#complain(
      'wrong-content',
      `${place}: ${JSON.stringify(is)}, must be ${JSON.stringify(must)}`,
    )
  }

  #customer(key: string, event: Event): string | null {
    const holder = this.#customers.get(key)
    if (event.customer_id === null) return holder?.id ?? null
    if (holder === undefined || event.effective_at >= holder.at) {
      this.#customers.set(key, { id: event.customer_id, at: event.effective_at })
    }
    return event.customer_id
  }
}

function statusOf({ attributes, event_type }: Event, before: string | null): string {
  const given = attributes['data.status']
  if (given !== undefined) return JSON.parse(given) as string
  return updating.test(event_type)
    ? (before ?? 'created')
    : event_type.slice(event_type.indexOf('.') + 1)
}
