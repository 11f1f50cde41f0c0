import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { resourceKey } from '@fleet/contracts'
import type { CrmRecord } from '@fleet/contracts'
import fc from 'fast-check'

import type { CrmEvent } from '../../src/core/crm-event.ts'
import { crmDomains, knownActions } from '../../src/core/known-types.ts'
import type { CrmDomain } from '../../src/core/known-types.ts'
import type { CrmFact, CrmMemory } from '../../src/core/memory.ts'
import { toCrmRecords } from '../../src/core/to-crm-records.ts'
import type { CrmOutcome } from '../../src/core/to-crm-records.ts'
import { buildEvent, contextOf, noonMicros, sha256Hex } from '../build-event.ts'

class MapMemory implements CrmMemory {
  readonly facts = new Map<string, CrmFact>()
  get(key: string): CrmFact | undefined {
    return this.facts.get(key)
  }
  unresolvedOf(resourceKey: string): string[] {
    const prefix = `${resourceKey}#unresolved/`
    return [...this.facts.keys()].filter(key => key.startsWith(prefix))
  }
}

/** Feeds events in order, as the loop would, and returns what each of them gives. */
function outcomes(events: readonly CrmEvent[], memory = new MapMemory()): CrmOutcome[] {
  return events.map((input, offset) => {
    const { tenant_id: tenant, resource } = input.event
    const key = resourceKey(tenant, resource.type, resource.id)
    const outcome = toCrmRecords(memory, input, contextOf(key, offset))
    for (const { key: changed, value } of outcome.changes) {
      memory.facts.delete(changed)
      if (value !== null) memory.facts.set(changed, value)
    }
    return outcome
  })
}

/** One record or null for each event. */
function feed(events: readonly CrmEvent[], memory = new MapMemory()): (CrmRecord | null)[] {
  return outcomes(events, memory).map(({ record }) => record)
}

function only(input: CrmEvent): CrmRecord {
  const [record] = feed([input])
  assert.ok(record)
  return record
}

describe('every known type that wins becomes the stated entity, action and status', () => {
  const rows: [CrmDomain, string, string, string, string | null][] = [
    ['reservation', 'reservation.created', 'reservation', 'UPSERT', 'created'],
    ['reservation', 'reservation.updated', 'reservation', 'UPSERT', 'created'],
    ['reservation', 'reservation.canceled', 'reservation', 'UPSERT', 'canceled'],
    ['reservation', 'reservation.no_show', 'reservation', 'UPSERT', 'no_show'],
    ['reservation', 'reservation.accepted', 'reservation', 'UPSERT', 'accepted'],
    ['reservation', 'reservation.refused', 'reservation', 'UPSERT', 'refused'],
    [
      'rental_session',
      'rental_session.checkin_started',
      'rental_session',
      'UPSERT',
      'checkin_started',
    ],
    ['rental_session', 'rental_session.active', 'rental_session', 'UPSERT', 'active'],
    ['rental_session', 'rental_session.extended', 'rental_session', 'UPSERT', 'extended'],
    ['rental_session', 'rental_session.completed', 'rental_session', 'UPSERT', 'completed'],
    ['rental_session', 'rental_session.canceled', 'rental_session', 'UPSERT', 'canceled'],
    ['rental_session', 'rental_session.expired', 'rental_session', 'UPSERT', 'expired'],
    [
      'rental_session',
      'rental_session.checkout_started',
      'rental_session',
      'UPSERT',
      'checkout_started',
    ],
    ['incident', 'incident.reported', 'incident', 'UPSERT', 'reported'],
    ['incident', 'incident.damage_reported', 'incident', 'UPSERT', 'damage_reported'],
    ['incident', 'incident.claim_opened', 'claim', 'UPSERT', 'claim_opened'],
    ['incident', 'incident.claim_resolved', 'claim', 'UPSERT', 'claim_resolved'],
    ['violation', 'violation.matched', 'violation', 'UPSERT', 'matched'],
    ['violation', 'violation.disputed', 'violation', 'UPSERT', 'disputed'],
    ['violation', 'violation.charged', 'violation', 'UPSERT', 'charged'],
    ['customer', 'customer.created', 'contact', 'UPSERT', 'created'],
    ['customer', 'customer.updated', 'contact', 'UPSERT', 'created'],
    ['customer', 'customer.deleted', 'contact', 'ERASE', null],
  ]
  for (const [domain, type, entity, action, status] of rows) {
    test(`${type} → ${entity} ${action} ${status ?? '–'}`, () => {
      const record = only(buildEvent(domain, type))
      assert.equal(record.entity_type, entity)
      assert.equal(record.entity_id, 'R1')
      assert.equal(record.action, action)
      assert.equal(record.status, status)
      assert.equal(record.status_at, status === null ? null : noonMicros)
      assert.equal(record.disposition, 'CURRENT')
    })
  }
  test('the table covers all known types', () => {
    const all = crmDomains.flatMap(domain => knownActions[domain].map(a => `${domain}.${a}`))
    assert.deepEqual(rows.map(row => row[1]).toSorted(), all.toSorted())
  })
})

describe('history', () => {
  const rows: [string, CrmDomain, string, 'CURRENT' | 'SUPERSEDED', string][] = [
    ['a superseded event', 'reservation', 'reservation.accepted', 'SUPERSEDED', 'reservation'],
    ['a superseded deletion', 'customer', 'customer.deleted', 'SUPERSEDED', 'contact'],
    ['an unknown type that wins', 'reservation', 'reservation.moved', 'CURRENT', 'reservation'],
    ['an unknown source type', 'rental_session', 'rental_paused', 'CURRENT', 'rental_session'],
    ['an unknown type about a claim', 'incident', 'claim.reopened', 'CURRENT', 'claim'],
    ['an unknown claim action', 'incident', 'incident.claim_lost', 'CURRENT', 'claim'],
    ['a type of an object property name', 'violation', 'constructor', 'CURRENT', 'violation'],
  ]
  for (const [what, domain, type, disposition, entity] of rows) {
    test(`${what} is history, without a status`, () => {
      const attributes = { 'data.status': '"given"' }
      const record = only(buildEvent(domain, type, { disposition, attributes }))
      assert.equal(record.action, 'HISTORY')
      assert.equal(record.entity_type, entity)
      assert.equal(record.status, null)
      assert.equal(record.status_at, null)
    })
  }

  test('history does not change the status that an update keeps', () => {
    const records = feed([
      buildEvent('reservation', 'reservation.accepted'),
      buildEvent('reservation', 'reservation.canceled', { disposition: 'SUPERSEDED' }),
      buildEvent('reservation', 'reservation.moved'),
      buildEvent('reservation', 'reservation.updated'),
    ])
    assert.equal(records[3]?.status, 'accepted')
  })

  test('a test delivery gives no record and leaves no trace', () => {
    const memory = new MapMemory()
    const test = buildEvent('reservation', 'reservation.created', {
      mode: 'TEST',
      customer_id: 'C1',
    })
    assert.deepEqual(feed([test], memory), [null])
    assert.equal(memory.facts.size, 0)
  })
})

describe('the status a source gives', () => {
  const rows: [string, string | undefined, string][] = [
    ['a text is the status', '"on_hold"', 'on_hold'],
    ['a number is its text', '7', '7'],
    ['an empty text is not given', '""', 'accepted'],
    ['null is not given', 'null', 'accepted'],
    ['an object is not given', '{"a":1}', 'accepted'],
    ['broken JSON is not given', '{', 'accepted'],
    ['256 characters are the most', JSON.stringify('s'.repeat(256)), 's'.repeat(256)],
    ['256 characters, each escaped', `"${'\\u0001'.repeat(256)}"`, '\u0001'.repeat(256)],
    ['a longer text is not given', JSON.stringify('s'.repeat(257)), 'accepted'],
    ['a very long one neither', JSON.stringify('s'.repeat(900_000)), 'accepted'],
    ['absent: the action', undefined, 'accepted'],
  ]
  for (const [what, json, status] of rows) {
    test(what, () => {
      const attributes = json === undefined ? {} : { 'data.status': json }
      const record = only(buildEvent('reservation', 'reservation.accepted', { attributes }))
      assert.equal(record.status, status)
    })
  }

  test('an update takes a given status and the next update keeps it', () => {
    const records = feed([
      buildEvent('reservation', 'reservation.updated', { attributes: { 'data.status': '"held"' } }),
      buildEvent('reservation', 'reservation.updated'),
    ])
    assert.deepEqual(
      records.map(record => record?.status),
      ['held', 'held'],
    )
  })
})

describe('the customer', () => {
  const created = buildEvent('reservation', 'reservation.created', { customer_id: 'C1' })
  const canceled = buildEvent('reservation', 'reservation.canceled')

  test('is KNOWN when the event names it, COMPLETED from an earlier event of the resource', () => {
    const records = feed([created, canceled])
    assert.deepEqual(
      records.map(r => [r?.customer_id, r?.customer_resolution]),
      [
        ['C1', 'KNOWN'],
        ['C1', 'COMPLETED'],
      ],
    )
  })

  test('is UNRESOLVED when nobody has named it yet; who names it completes the earlier record', () => {
    const [before, after] = outcomes([
      { ...canceled, event: { ...canceled.event, event_id: 'e0' } } as CrmEvent,
      created,
    ])
    assert.equal(before?.record?.customer_resolution, 'UNRESOLVED')
    assert.equal(after?.record?.customer_resolution, 'KNOWN')
    const nowMicros = after.record.processed_at
    assert.deepEqual(after.completed, [
      {
        ...before.record,
        customer_id: 'C1',
        customer_resolution: 'COMPLETED',
        completed_by: 'e1',
        processed_at: nowMicros,
      },
    ])
  })

  test('a superseded event may name it, and history is completed too', () => {
    const records = feed([
      buildEvent('reservation', 'reservation.created', {
        customer_id: 'C1',
        disposition: 'SUPERSEDED',
      }),
      buildEvent('reservation', 'reservation.updated', { disposition: 'SUPERSEDED' }),
    ])
    assert.equal(records[1]?.customer_resolution, 'COMPLETED')
  })

  test('a late event does not put back a replaced customer', () => {
    const records = feed([
      buildEvent('reservation', 'reservation.updated', { customer_id: 'C2' }),
      buildEvent('reservation', 'reservation.created', {
        customer_id: 'C1',
        disposition: 'SUPERSEDED',
        effective_at: noonMicros - 1,
      }),
      canceled,
    ])
    assert.equal(records[1]?.customer_id, 'C1')
    assert.equal(records[2]?.customer_id, 'C2')
  })

  test('is shared by the entities of one resource, and by no other resource', () => {
    const records = feed([
      buildEvent('incident', 'incident.reported', { customer_id: 'C1' }),
      buildEvent('incident', 'incident.claim_opened', { claim_id: 'K1' }),
      buildEvent('incident', 'incident.reported', { resource: { type: 'incident', id: 'R2' } }),
    ])
    assert.equal(records[1]?.customer_resolution, 'COMPLETED')
    assert.equal(records[1]?.entity_id, 'K1')
    assert.equal(records[2]?.customer_resolution, 'UNRESOLVED')
  })

  test('of a contact is the contact itself', () => {
    const record = only(buildEvent('customer', 'customer.created'))
    assert.equal(record.customer_id, 'R1')
    assert.equal(record.customer_resolution, 'KNOWN')
  })
})

describe('an erased contact', () => {
  const deleted = buildEvent('customer', 'customer.deleted')
  const late = buildEvent('customer', 'customer.updated', { disposition: 'SUPERSEDED' })
  const again = buildEvent('customer', 'customer.updated', { effective_at: noonMicros + 9 })

  test('gives no record for late events, and is an UPSERT again when a later event wins', () => {
    const records = feed([
      buildEvent('customer', 'customer.created', { attributes: { 'data.status': '"vip"' } }),
      deleted,
      late,
      again,
      late,
    ])
    assert.deepEqual(
      records.map(r => (r === null ? null : [r.action, r.status])),
      [['UPSERT', 'vip'], ['ERASE', null], null, ['UPSERT', 'created'], ['HISTORY', null]],
    )
  })

  test('stays erased when a type we do not know wins', () => {
    const records = feed([deleted, buildEvent('customer', 'customer.merged'), late])
    assert.deepEqual(
      records.map(r => r?.action ?? null),
      ['ERASE', 'HISTORY', null],
    )
  })

  test('may be erased again by another deletion', () => {
    assert.deepEqual(
      feed([deleted, deleted]).map(r => r?.action),
      ['ERASE', 'ERASE'],
    )
  })
})

describe('a dead letter that is replayed', () => {
  const key = 'demo/reservation/R1'
  /** Stands for the event that failed, at offset 0. */
  const failed = buildEvent('reservation', 'reservation.created', { mode: 'TEST' })
  const replay = (memory: MapMemory, type: string, at: number, offset: number): CrmOutcome => {
    const event = buildEvent('reservation', type, { event_id: 'late', effective_at: at })
    return toCrmRecords(memory, event, { ...contextOf(key, offset), isReplayed: true })
  }

  test('adds history where a newer event was decided meanwhile, whatever it won when it arrived', () => {
    const memory = new MapMemory()
    feed([failed, buildEvent('reservation', 'reservation.canceled')], memory)
    const { record, changes } = replay(memory, 'reservation.accepted', noonMicros - 1, 0)
    assert.deepEqual([record?.action, record?.status], ['HISTORY', null])
    assert.ok(changes.every(({ value }) => value?.kind !== 'entity'))
  })

  test('counts like any other where nothing newer came', () => {
    const memory = new MapMemory()
    feed([buildEvent('reservation', 'reservation.created')], memory)
    const { record } = replay(memory, 'reservation.accepted', noonMicros + 1, 1)
    assert.deepEqual([record?.action, record?.status], ['UPSERT', 'accepted'])
  })

  test('says nothing of a contact that was erased meanwhile', () => {
    const memory = new MapMemory()
    feed([failed, buildEvent('customer', 'customer.deleted')], memory)
    const event = buildEvent('customer', 'customer.updated', { effective_at: noonMicros - 1 })
    const context = { ...contextOf('demo/customer/R1'), isReplayed: true }
    assert.equal(toCrmRecords(memory, event, context).record, null)
  })

  describe('at the very time of what the entity is from', () => {
    const customerKey = 'demo/customer/R1'
    const decide = (
      memory: MapMemory,
      event: CrmEvent,
      at: { offset: number; isReplayed: boolean },
    ): CrmRecord | null => {
      const { tenant_id: tenant, resource } = event.event
      const eventKey = resourceKey(tenant, resource.type, resource.id)
      const context = { ...contextOf(eventKey, at.offset), isReplayed: at.isReplayed }
      const { record, changes } = toCrmRecords(memory, event, context)
      for (const { key: changed, value } of changes) {
        if (value === null) memory.facts.delete(changed)
        else memory.facts.set(changed, value)
      }
      return record
    }
    const erased = buildEvent('customer', 'customer.deleted', { event_id: 'd' })
    const updated = buildEvent('customer', 'customer.updated', { event_id: 'u' })

    test('never brings back a contact that was erased behind it', () => {
      const memory = new MapMemory()
      decide(memory, erased, { offset: 1, isReplayed: false })
      assert.equal(decide(memory, updated, { offset: 0, isReplayed: true }), null)
      const late = buildEvent('customer', 'customer.updated', { disposition: 'SUPERSEDED' })
      assert.equal(decide(memory, late, { offset: 2, isReplayed: false }), null)
    })

    test('is history where it stands before it, and counts where it stands behind it', () => {
      const first = buildEvent('reservation', 'reservation.created', { event_id: 'a' })
      const second = buildEvent('reservation', 'reservation.canceled', { event_id: 'b' })
      const memory = new MapMemory()
      decide(memory, second, { offset: 1, isReplayed: false })
      assert.equal(decide(memory, first, { offset: 0, isReplayed: true })?.action, 'HISTORY')
      const other = new MapMemory()
      decide(other, first, { offset: 0, isReplayed: false })
      const replayed = decide(other, second, { offset: 1, isReplayed: true })
      assert.deepEqual([replayed?.action, replayed?.status], ['UPSERT', 'canceled'])
    })

    test('of a changelog from before offsets were kept, an erased contact stays erased', () => {
      for (const at of [undefined, noonMicros - 1]) {
        const memory = new MapMemory()
        const fact = { kind: 'entity', status: null, deleted: true } as const
        memory.facts.set(`${customerKey}#contact/R1`, at === undefined ? fact : { ...fact, at })
        assert.equal(decide(memory, updated, { offset: 0, isReplayed: true }), null)
      }
      const memory = new MapMemory()
      const fact = { kind: 'entity', status: 'vip', at: noonMicros, deleted: false } as const
      memory.facts.set(`${customerKey}#contact/R1`, fact)
      const replayed = decide(memory, updated, { offset: 0, isReplayed: true })
      assert.deepEqual([replayed?.action, replayed?.status], ['HISTORY', null])
    })
  })
})

test('an incident that is told of a rental has the id of the rental, and its key says of what kind it is', () => {
  const resource = { type: 'rental_session', id: 'UR1' }
  const [first, second] = feed([
    buildEvent('incident', 'incident.reported', { resource, event_id: 'a' }),
    buildEvent('incident', 'incident.reported', { resource, event_id: 'b' }),
  ])
  for (const record of [first, second]) {
    assert.deepEqual([record?.entity_type, record?.entity_id], ['incident', 'UR1'])
    assert.equal(record?.rental_session_id, null)
    assert.equal(record.history?.key, 'demo/rental_session/UR1')
  }
  assert.notEqual(first?.record_id, second?.record_id)
})

describe('record_id', () => {
  const event = buildEvent('reservation', 'reservation.created')

  test('is the first 32 hex of SHA-256 over kind, tenant, source, key and event id', () => {
    const text = '["crm","demo","levy","demo/reservation/R1","e1"]'
    assert.equal(only(event).record_id, sha256Hex(text).slice(0, 32))
  })

  test('does not depend on when or where the event was read', () => {
    const [first, second] = feed([event, event])
    assert.equal(first?.record_id, second?.record_id)
  })

  test('differs for another event, and ids that only join to the same text', () => {
    const ids = fc.record({ source: fc.string(), event_id: fc.string() })
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const same = a.source === b.source && a.event_id === b.event_id
        const recordIds = [a, b].map(
          given => only(buildEvent('reservation', 'reservation.created', given)).record_id,
        )
        assert.equal(recordIds[0] === recordIds[1], same)
      }),
    )
  })
})

describe('severity and category', () => {
  type Words = [
    category: string | null,
    ours: string | null,
    match: string | null,
    severity: string | null,
    ours: string | null,
    match: string | null,
  ]
  const none = [null, null, null] as const
  const rows: [type: string, given: Record<string, string>, words: Words][] = [
    [
      'reservation.canceled',
      { reason: 'Canceled by customer' },
      ['Canceled by customer', 'customer_canceled', 'TAXONOMY', ...none],
    ],
    ['reservation.canceled', { reason: 'mood' }, ['mood', null, 'UNKNOWN', ...none]],
    ['reservation.no_show', {}, [null, 'no_show', 'IMPLIED', ...none]],
    ['reservation.no_show', { reason: 'mood' }, ['mood', null, 'UNKNOWN', ...none]],
    ['rental_session.expired', { reason: 'late' }, ['late', 'late_return', 'TAXONOMY', ...none]],
    [
      'incident.reported',
      { category: 'Windscreen', severity: 'minor' },
      ['Windscreen', 'glass', 'TAXONOMY', 'minor', 'low', 'TAXONOMY'],
    ],
    [
      'incident.damage_reported',
      { severity: '7 of 9' },
      [null, 'damage', 'IMPLIED', '7 of 9', null, 'UNKNOWN'],
    ],
    [
      'violation.matched',
      { violation_code: '§ 24', reason: 'parking ticket' },
      ['§ 24', 'parking', 'TAXONOMY', ...none],
    ],
    ['violation.matched', { reason: 'toll' }, ['toll', 'toll', 'TAXONOMY', ...none]],
    ['reservation.created', { reason: '' }, ['', null, null, ...none]],
    ['customer.created', {}, [...none, ...none]],
  ]
  for (const [type, given, words] of rows) {
    test(`of ${type} ${JSON.stringify(given)} stay as sent, beside the taxonomy's`, () => {
      const domain = crmDomains.find(one => type.startsWith(`${one}.`))
      assert.ok(domain)
      const record = only(buildEvent(domain, type, given))
      assert.equal(record.taxonomy_version, '2026-11')
      assert.deepEqual(
        [
          record.category,
          record.taxonomy_category,
          record.category_match,
          record.severity,
          record.taxonomy_severity,
          record.severity_match,
        ],
        words,
      )
    })
  }
})

describe("an entity's words of the taxonomy", () => {
  const words = (records: readonly (CrmRecord | null)[]): unknown[] =>
    records.map(record => [
      record?.category,
      record?.taxonomy_category,
      record?.category_match,
      record?.severity,
      record?.taxonomy_severity,
      record?.severity_match,
    ])

  test('stand in its newest record, while ids and words as sent are of this event alone', () => {
    const records = feed([
      buildEvent('violation', 'violation.disputed', {
        violation_code: 'toll',
        rental_session_id: 'S1',
      }),
      buildEvent('violation', 'violation.charged'),
    ])
    const none = [null, null, null]
    assert.deepEqual(words(records), [
      ['toll', 'toll', 'TAXONOMY', ...none],
      [null, 'toll', 'TAXONOMY', ...none],
    ])
    assert.deepEqual(
      records.map(record => record?.rental_session_id),
      ['S1', null],
    )
  })

  test('come each from the newest event that said it; a claim has its own', () => {
    const records = feed([
      buildEvent('incident', 'incident.reported', { category: 'theft', severity: 'minor' }),
      buildEvent('incident', 'incident.reported', { severity: 'major' }),
      buildEvent('incident', 'incident.claim_opened', { claim_id: 'K1', severity: '7 of 9' }),
      buildEvent('incident', 'incident.claim_resolved', { claim_id: 'K1' }),
      buildEvent('incident', 'incident.reported', {}),
    ])
    assert.deepEqual(words(records), [
      ['theft', 'theft', 'TAXONOMY', 'minor', 'low', 'TAXONOMY'],
      [null, 'theft', 'TAXONOMY', 'major', 'high', 'TAXONOMY'],
      [null, null, null, '7 of 9', null, 'UNKNOWN'],
      [null, null, null, null, null, 'UNKNOWN'],
      [null, 'theft', 'TAXONOMY', null, 'high', 'TAXONOMY'],
    ])
  })
})

describe('golden records', () => {
  const folder = new URL('../golden/', import.meta.url)
  for (const name of readdirSync(folder)) {
    test(name, () => {
      const golden = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
        domain: CrmDomain
        event_type: string
        given: Record<string, unknown>
        record: CrmRecord
      }
      const input = buildEvent(golden.domain, golden.event_type, golden.given)
      assert.deepEqual(only(input), golden.record)
    })
  }
})
