// The whole sink against a model that knows all events beforehand: which of them win, who their customer
// is, in whatever order they arrive, repeated, and with restarts in between.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import fc from 'fast-check'

import { crmSink } from '../src/index.ts'
import { buildEvent, noonMicros } from './build-event.ts'

type Domain = 'reservation' | 'incident' | 'customer'

interface Told {
  domain: Domain
  action: string
  resource: number
  atMicros: number
  /** Said to be in the future, and so held back to the time of its arrival. */
  isAhead: boolean
  customer: string | null
  claim: string | null
  /** The reason of a reservation, the category of an incident. */
  why: string | null
  severity: string | null
  restart: boolean
}

const actions: Record<Domain, readonly string[]> = {
  reservation: ['created', 'updated', 'accepted', 'canceled', 'no_show', 'moved'],
  incident: ['reported', 'damage_reported', 'claim_opened', 'claim_resolved'],
  customer: ['created', 'updated', 'deleted'],
}

/** What the taxonomy says to each word of these tests; undefined: it does not know it. */
const ours: Record<'reservation' | 'incident' | 'severity', Record<string, string | undefined>> = {
  reservation: { 'No-Show': 'no_show', changedMind: 'customer_canceled', late: 'late' },
  incident: { crash: 'collision', 'BROKEN GLASS': 'glass', theft: 'theft' },
  severity: { Major: 'high', low: 'low' },
}
const words = ['No-Show', 'changedMind', 'late', 'crash', 'BROKEN GLASS', 'theft', 'mood']

const told: fc.Arbitrary<Told> = fc
  .constantFrom<Domain[]>('reservation', 'reservation', 'incident', 'customer')
  .chain(domain =>
    fc.record({
      domain: fc.constant(domain),
      action: fc.constantFrom(...actions[domain]),
      resource: fc.integer({ min: 0, max: 1 }),
      atMicros: fc.integer({ min: 0, max: 6 }).map(step => noonMicros + step),
      isAhead: fc.nat({ max: 4 }).map(n => n === 4),
      customer:
        domain === 'customer'
          ? fc.constant(null)
          : fc.option(fc.constantFrom('C1', 'C2', 'C3'), { freq: 2 }),
      claim: fc.option(fc.constantFrom('K1', 'K2')),
      why: fc.option(fc.constantFrom(...words)),
      severity: fc.option(fc.constantFrom('Major', 'low', '7 of 9')),
      restart: fc.boolean(),
    }),
  )

/** In order of arrival; an event may arrive again, as one does whose first delivery is long forgotten. */
const arrivals = fc.array(told, { minLength: 1, maxLength: 25 }).chain(events =>
  fc
    .array(fc.integer({ min: 0, max: events.length - 1 }), { maxLength: 4 })
    .chain(again =>
      fc.shuffledSubarray([...events.keys(), ...again], {
        minLength: events.length,
      }),
    )
    .map(order =>
      order.map((index, position) => arrivalOf(index, events[index] as Told, position)),
    ),
)

function arrivalOf(index: number, event: Told, position: number): Arrival {
  const atMicros = event.isAhead ? noonMicros + 100 + position : event.atMicros
  return { ...event, id: `e${index}`, atMicros }
}

type Arrival = Told & { id: string }

const keyOf = ({ domain, resource }: Told): string => resourceKey('demo', domain, `R${resource}`)

/** As the processor says it: greatest time, then greatest id; the same event again wins only where its time is another. */
function dispositions(order: readonly Arrival[]): ('CURRENT' | 'SUPERSEDED')[] {
  const newest = new Map<string, Arrival>()
  return order.map(event => {
    const held = newest.get(keyOf(event))
    const wins =
      held === undefined ||
      event.atMicros > held.atMicros ||
      (event.atMicros === held.atMicros && event.id > held.id)
    if (wins) newest.set(keyOf(event), event)
    return wins ? 'CURRENT' : 'SUPERSEDED'
  })
}

/** What each arrival gave, by arrival. */
function sunk(order: readonly Arrival[]): CrmRecord[][] {
  const task = driveStage(crmSink())
  const wins = dispositions(order)
  return order.map((event, position) => {
    const before = task.outputs(topics.crm).length
    const { event: value } = buildEvent(event.domain, `${event.domain}.${event.action}`, {
      event_id: event.id,
      resource: { type: event.domain, id: `R${event.resource}` },
      customer_id: event.customer,
      effective_at: event.atMicros,
      disposition: wins[position],
      ...(event.domain === 'reservation' ? { reason: event.why } : {}),
      ...(event.domain === 'incident'
        ? { claim_id: event.claim, category: event.why, severity: event.severity }
        : {}),
    })
    task.pipe(topics.events[event.domain], {
      key: keyOf(event),
      value,
      timestampMs: noonMicros / 1000,
    })
    if (event.restart) task.restart()
    return task
      .outputs(topics.crm)
      .slice(before)
      .map(output => output.value as CrmRecord)
  })
}

/** Whom an arrival's record must name in the end: named, known by then, or named first afterwards. */
function customerOf(order: readonly Arrival[], position: number): string | null {
  const event = order[position] as Arrival
  if (event.domain === 'customer') return `R${event.resource}`
  if (event.customer !== null) return event.customer
  const others = [...order.entries()].filter(([, other]) => keyOf(other) === keyOf(event))
  const named = others.filter(([, { customer }]) => customer !== null)
  const before = named.filter(([at]) => at < position).map(([, other]) => other)
  if (before.length === 0) return named[0]?.[1].customer ?? null
  const newestAt = Math.max(...before.map(({ atMicros }) => atMicros))
  return before.findLast(({ atMicros }) => atMicros === newestAt)?.customer ?? null
}

test('every event has one record of its own, whoever its customer is, and at most one completion of it', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const given = sunk(order)
      const open = new Map<string, CrmRecord>()
      for (const [position, records] of given.entries()) {
        const event = order[position] as Arrival
        const own = records.filter(({ completed_by }) => completed_by === null)
        const completed = records.filter(({ completed_by }) => completed_by !== null)
        assert.ok(own.length <= 1 && (own.length === 1 || event.domain === 'customer'))
        // Completions stand before the record of the event that names the customer, each for an open one.
        assert.deepEqual(records, [...completed, ...own])
        for (const record of completed) {
          const written = open.get(record.record_id)
          assert.ok(written)
          assert.ok(open.delete(record.record_id))
          assert.equal(record.completed_by, event.id)
          assert.equal(record.customer_id, event.customer)
          assert.equal(record.customer_resolution, 'COMPLETED')
          assert.ok([written.action, 'HISTORY'].includes(record.action))
          assert.deepEqual(record.origin, written.origin)
        }
        const [record] = own
        if (record?.customer_resolution !== 'UNRESOLVED') continue
        // The same event again is the one to complete if it won again.
        if (record.action === 'UPSERT' || !open.has(record.record_id)) {
          open.set(record.record_id, record)
        }
      }
      for (const record of open.values()) assert.equal(record.customer_id, null)
    }),
    { numRuns: 200 },
  )
})

test('the newest record of each event names the customer the model names', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const newest = new Map<string, CrmRecord>()
      const given = sunk(order)
      for (const record of given.flat()) newest.set(record.record_id, record)
      const positions = new Map(order.map(({ id }, position) => [id, position]))
      for (const record of newest.values()) {
        const position = positions.get(record.event_id) ?? -1
        assert.equal(record.customer_id, customerOf(order, position), record.event_id)
      }
    }),
    { numRuns: 200 },
  )
})

/** The taxonomy's word and how it came about, as the event alone says it. */
function said({ domain, action, why, severity }: Told): Record<'category' | 'severity', Word> {
  const implied = { no_show: 'no_show', damage_reported: 'damage' }[action]
  const known = domain === 'customer' || why === null ? null : ours[domain][why]
  const bad = domain !== 'incident' || severity === null ? null : ours.severity[severity]
  const isImplied = why === null && implied !== undefined
  return {
    category: isImplied ? [implied, 'IMPLIED'] : [known ?? null, matchOf(known)],
    severity: [bad ?? null, matchOf(bad)],
  }
}

type Word = [ours: string | null, match: string | null]

test('every record says why and how bad as this event said, and in the words of the taxonomy as the newest one that said it', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const wins = dispositions(order)
      const newest = new Map<string, Record<'category' | 'severity', Word>>()
      const written = new Map<string, Word[]>()
      for (const [position, records] of sunk(order).entries()) {
        const event = order[position] as Arrival
        for (const record of records) {
          const { taxonomy_category, category_match, taxonomy_severity, severity_match } = record
          const is: Word[] = [
            [taxonomy_category, category_match],
            [taxonomy_severity, severity_match],
          ]
          if (record.completed_by !== null) {
            assert.deepEqual(is, written.get(record.record_id))
            continue
          }
          const category = event.domain === 'customer' ? null : event.why
          const severity = event.domain === 'incident' ? event.severity : null
          assert.deepEqual([record.category, record.severity], [category, severity])
          const words = said(event)
          if (wins[position] === 'CURRENT' && event.action !== 'moved') {
            const entity = `${keyOf(event)} ${record.entity_type}/${record.entity_id}`
            const before = newest.get(entity)
            if (words.category[1] === null) words.category = before?.category ?? words.category
            if (words.severity[1] === null) words.severity = before?.severity ?? words.severity
            newest.set(entity, words)
          }
          assert.deepEqual(is, [words.category, words.severity])
          // What is completed is what the event said when it won last, or at first.
          if (record.action === 'UPSERT' || !written.has(record.record_id)) {
            written.set(record.record_id, is)
          }
        }
      }
    }),
    { numRuns: 200 },
  )
})

function matchOf(known: string | null | undefined): string | null {
  return known === undefined ? 'UNKNOWN' : known === null ? null : 'TAXONOMY'
}

test('a completion says a status exactly where no later record has replaced it', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const newest = new Map<string, CrmRecord>()
      for (const [position, records] of sunk(order).entries()) {
        for (const record of records) {
          const { action, completed_by, entity_id, entity_type, record_id } = record
          const entity = `${keyOf(order[position] as Arrival)} ${entity_type}/${entity_id}`
          if (completed_by === null) {
            if (action === 'UPSERT') newest.set(entity, record)
            continue
          }
          const stands = newest.get(entity)?.record_id === record_id
          assert.equal(action, stands ? 'UPSERT' : 'HISTORY')
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('applied in order, the topic never goes back in time and ends where the winners say', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const wins = dispositions(order)
      const given = sunk(order)
      const entities = new Map<string, { status: string | null; at: number }>()
      const all = given.flatMap((records, position) =>
        records.map(record => ({ ...record, key: keyOf(order[position] as Arrival) })),
      )
      for (const { key, action, entity_type, entity_id, status, status_at, ...record } of all) {
        assert.equal(status === null, action !== 'UPSERT')
        if (action === 'HISTORY') continue
        // Two incidents may name one claim: each tells of it what it knows.
        const entity = `${key} ${entity_type}/${entity_id}`
        const at = status_at ?? record.effective_at
        assert.ok(at >= (entities.get(entity)?.at ?? 0), `${entity} goes back to ${at}`)
        entities.set(entity, { status, at })
      }
      const expected = new Map<string, string | null>()
      for (const [position, event] of order.entries()) {
        if (wins[position] !== 'CURRENT' || event.action === 'moved') continue
        const isClaim = event.action.startsWith('claim_')
        const type = isClaim ? 'claim' : event.domain === 'customer' ? 'contact' : event.domain
        const entity = `${keyOf(event)} ${type}/${(isClaim ? event.claim : null) ?? `R${event.resource}`}`
        const kept = expected.get(entity) ?? 'created'
        const { action } = event
        expected.set(entity, action === 'deleted' ? null : action === 'updated' ? kept : action)
      }
      for (const [entity, status] of expected)
        assert.equal(entities.get(entity)?.status, status, entity)
      assert.equal(entities.size, expected.size)
    }),
    { numRuns: 200 },
  )
})

test('a restart anywhere changes nothing', () => {
  fc.assert(
    fc.property(arrivals, order => {
      const never = order.map(event => ({ ...event, restart: false }))
      assert.deepEqual(sunk(order), sunk(never))
    }),
    { numRuns: 100 },
  )
})
