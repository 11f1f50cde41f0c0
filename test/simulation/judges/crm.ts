// The CRM topic: every live event once, except late ones of an erased contact; category and severity as
// they were sent; status, customer and the words of the taxonomy as a plain model gives them that follows
// the records in the order they stand. A record without a customer comes once more, right before the
// record of the event that names one, and then never sets a status back.

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
> &
  Partial<Record<'category' | 'claim_id' | 'reason' | 'severity' | 'violation_code', string | null>>

/** A word of the taxonomy, and how it came about. */
type Word = readonly [ours: string | null, match: string | null]

/** What the taxonomy makes of the words that senders use here; it knows no other of theirs. */
const ours: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  reservation: { 'Changed mind': 'customer_canceled' },
  incident: { Windscreen: 'glass', theft: 'theft' },
  violation: { 'Parking ticket': 'parking', 'unpaid toll': 'toll' },
  severity: { Major: 'high', minor: 'low' },
}
const implied: Readonly<Record<string, string>> = {
  'reservation.no_show': 'no_show',
  'incident.damage_reported': 'damage',
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
  readonly #statuses = new Map<string, string | null>()
  /** By thing: the newest word that was said of its category, and of its severity. */
  readonly #words = new Map<string, Word>()
  readonly #customers = new Map<string, { id: string; at: number }>()
  /** By key: records without a customer, oldest first, by the id of their event. */
  readonly #open = new Map<string, Map<string, CrmRecord>>()
  /** Completions that stand before the record which names their customer. */
  #completions: CrmRecord[] = []
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
      if (record.completed_by !== null) {
        this.#completions.push(record)
        continue
      }
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
    this.#expectCompletions([], 'the end')
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
    const [id, action, status, thing] = this.#entity(key, domain, event)
    const isContact = domain === 'customer'
    const contact = event.customer_id ?? event.resource.id
    const customer = isContact ? contact : this.#customer(key, event)
    const resolution = resolutionOf(isContact || event.customer_id !== null, customer)
    const history = action === 'ERASE' ? null : key
    const sent = [categorySent(event), event.severity ?? null]
    const said = saidBy(domain, event)
    const words = action === 'UPSERT' ? this.#newest(thing, said) : said
    const must = [action, status, customer, resolution, id, event.event_id, history, ...sent, words]
    this.#expect(place, contentOf(record), must)
    this.#expectCompletions(isContact ? [] : this.#completedBy(key, event), place)
    if (resolution === 'UNRESOLVED') this.#leaveOpen(key, record)
  }

  /** Its id, and what becomes of it. */
  #entity(
    key: string,
    domain: string,
    event: Event,
  ): [id: string, action: string, status: string | null, thing: string] {
    const isClaim = event.event_type.startsWith('incident.claim_')
    const id = (isClaim ? event.claim_id : null) ?? event.resource.id
    const isKnown = known[domain]?.test(event.event_type) === true
    const thing = JSON.stringify([key, isClaim ? 'claim' : domain, id])
    if (event.disposition === 'SUPERSEDED' || !isKnown) return [id, 'HISTORY', null, thing]
    const isErased = event.event_type === 'customer.deleted'
    const status = isErased ? null : statusOf(event, this.#statuses.get(thing) ?? null)
    this.#statuses.set(thing, status)
    return [id, isErased ? 'ERASE' : 'UPSERT', status, thing]
  }

  /** Of an event that wins; what it does not say, the ones before it said. */
  #newest(thing: string, said: readonly Word[]): Word[] {
    return said.map((word, index) => {
      const place = `${thing} ${index}`
      if (word[1] !== null) this.#words.set(place, word)
      return this.#words.get(place) ?? word
    })
  }

  #expect(place: string, is: readonly unknown[], must: readonly unknown[]): void {
    if (JSON.stringify(is) === JSON.stringify(must)) return
    this.#complain(
      'wrong-content',
      `${place}: ${JSON.stringify(is)}, must be ${JSON.stringify(must)}`,
    )
  }

  #leaveOpen(key: string, record: CrmRecord): void {
    const open = this.#open.get(key) ?? new Map<string, CrmRecord>()
    // An event that comes again has mostly lost to itself. If it wins once more, it is the newest.
    if (record.action === 'UPSERT') open.delete(record.record_id)
    if (!open.has(record.record_id)) open.set(record.record_id, record)
    this.#open.set(key, open)
  }

  /** What must stand before the record of an event: nothing, unless it names a customer. */
  #completedBy(key: string, { customer_id, event_id }: Event): unknown[][] {
    if (customer_id === null) return []
    const open = [...(this.#open.get(key)?.values() ?? [])].toSorted(
      ({ origin: one }, { origin: other }) =>
        one.topic === other.topic ? one.offset - other.offset : one.topic < other.topic ? -1 : 1,
    )
    this.#open.delete(key)
    return open.map((record, position) => {
      const isOvertaken = open
        .slice(position + 1)
        .some(later => later.action === 'UPSERT' && thingOf(later) === thingOf(record))
      const [action, status] =
        record.action === 'UPSERT' && !isOvertaken ? ['UPSERT', record.status] : ['HISTORY', null]
      const words = wordsOf(record)
      return [record.record_id, event_id, customer_id, 'COMPLETED', action, status, ...words]
    })
  }

  #expectCompletions(must: readonly unknown[][], place: string): void {
    const is = this.#completions.map(record => [
      record.record_id,
      record.completed_by,
      record.customer_id,
      record.customer_resolution,
      record.action,
      record.status,
      ...wordsOf(record),
    ])
    this.#completions = []
    this.#expect(`completions before ${place}`, is, must)
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

function contentOf(record: CrmRecord): unknown[] {
  const { action, status, customer_id, customer_resolution, entity_id, event_id, history } = record
  const place = history === null ? null : history.key
  const sent = [record.category, record.severity]
  const words = wordsOf(record)
  return [
    action,
    status,
    customer_id,
    customer_resolution,
    entity_id,
    event_id,
    place,
    ...sent,
    words,
  ]
}

function wordsOf(record: CrmRecord): Word[] {
  return [
    [record.taxonomy_category, record.category_match],
    [record.taxonomy_severity, record.severity_match],
  ]
}

/** By the event alone: its category and its severity. */
function saidBy(domain: string, event: Event): Word[] {
  const { category, reason, severity, violation_code } = event
  const said = wordOf(domain, [category, violation_code, reason])
  const type = implied[event.event_type]
  const isImplied = said[1] === null && type !== undefined
  return [isImplied ? [type, 'IMPLIED'] : said, wordOf('severity', [severity])]
}

function wordOf(kind: string, sent: readonly (string | null | undefined)[]): Word {
  const given = sent.filter(word => typeof word === 'string')
  for (const word of given) {
    const known = ours[kind]?.[word]
    if (known !== undefined) return [known, 'TAXONOMY']
  }
  return [null, given.length > 0 ? 'UNKNOWN' : null]
}

/** No two domains call it the same, but for a violation that has no code. */
function categorySent({ category, reason, violation_code }: Event): string | null {
  return category ?? violation_code ?? reason ?? null
}

function resolutionOf(isNamed: boolean, customer: string | null): string {
  if (isNamed) return 'KNOWN'
  return customer === null ? 'UNRESOLVED' : 'COMPLETED'
}

function thingOf({ entity_type, entity_id }: CrmRecord): string {
  return `${entity_type} ${entity_id}`
}

function statusOf({ attributes, event_type }: Event, before: string | null): string {
  const given = attributes['data.status']
  if (given !== undefined) return JSON.parse(given) as string
  return updating.test(event_type)
    ? (before ?? 'created')
    : event_type.slice(event_type.indexOf('.') + 1)
}
