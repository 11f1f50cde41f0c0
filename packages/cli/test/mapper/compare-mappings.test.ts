import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platform } from '@fleet/signatures'
import { presentMapper } from '@fleet/sources'
import type { Mapper, NormalizedEvent } from '@fleet/sources'
import * as fc from 'fast-check'
import { compareMappings, runMapper } from '../../src/mapper/compare-mappings.ts'
import { changing } from './next-mapper.ts'
import { bodyOf, endpoint, rawOf } from './raw-of.ts'

function compare(candidate: Mapper, body: object | string = bodyOf('E1')) {
  const raw = rawOf(body)
  const present = runMapper(presentMapper, raw, endpoint, platform)
  return compareMappings(present, runMapper(candidate, raw, endpoint, platform), raw)
}

test('the present mapper beside itself changes nothing, whatever was sent', () => {
  const bodies = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ event_id: fc.string(), data: fc.object() }).map(part => ({
      ...bodyOf('E1'),
      ...part,
    })),
  )
  fc.assert(
    fc.property(bodies, body => assert.equal(compare(presentMapper, body), null)),
    {
      numRuns: 200,
    },
  )
})

interface Change {
  readonly what: string
  readonly change: (event: NormalizedEvent) => unknown
  readonly fields: readonly string[]
  readonly dangers: readonly string[]
}

const changes: readonly Change[] = [
  { what: 'nothing', change: event => ({ ...event }), fields: [], dangers: [] },
  {
    what: 'its version alone',
    change: event => ({ ...event, mapperVersion: '9' }),
    fields: [],
    dangers: [],
  },
  {
    what: 'a typed field',
    change: event => ({ ...event, fields: { ...event.fields, reason: null } }),
    fields: ['reason'],
    dangers: [],
  },
  {
    what: 'an attribute',
    change: event => ({ ...event, attributes: { 'data.note': '"x"' } }),
    fields: ['attributes.data.note'],
    dangers: [],
  },
  {
    what: 'the event type',
    change: event => ({ ...event, eventType: 'reservation.updated' }),
    fields: ['event_type'],
    dangers: [],
  },
  {
    what: 'the fingerprint',
    change: event => ({ ...event, fingerprint: event.fingerprint + 1 }),
    fields: ['fingerprint'],
    dangers: ['fingerprint'],
  },
  {
    what: 'the event id',
    change: event => ({ ...event, eventId: 'other' }),
    fields: ['event_id'],
    dangers: ['identity'],
  },
  {
    what: 'the mode',
    change: event => ({ ...event, mode: 'TEST' }),
    fields: ['mode'],
    dangers: ['identity'],
  },
  {
    what: 'the resource',
    change: event => ({ ...event, resource: { type: 'reservation', id: 'R2' } }),
    fields: ['resource'],
    dangers: ['identity'],
  },
  {
    what: 'the domain, keeping its fields',
    change: event => ({ ...event, domain: 'unmapped' }),
    fields: ['domain'],
    dangers: ['topic', 'not_encodable'],
  },
  {
    what: 'a time into text',
    change: event => ({ ...event, fields: { ...event.fields, starts_at: 'soon' } }),
    fields: ['starts_at'],
    dangers: ['not_encodable'],
  },
  {
    what: 'a field that no schema has',
    change: event => ({ ...event, fields: { ...event.fields, colour: 'red' } }),
    fields: ['colour'],
    dangers: ['not_encodable'],
  },
]

for (const { what, change, fields, dangers } of changes) {
  test(`a candidate that changes ${what}: ${dangers.join(', ') || 'no danger'}`, () => {
    const difference = compare(changing(change))
    assert.deepEqual(difference?.fields.map(({ field }) => field) ?? [], fields)
    assert.deepEqual(difference?.dangers ?? [], dangers)
    assert.equal(difference?.eventType ?? 'reservation.created', 'reservation.created')
  })
}

const refusing: Mapper = {
  version: '2',
  normalize: () => ({ ok: false, code: 'BAD_TIME', message: 'no' }),
}

test('an event that would be a dead letter is a danger, the other way is none', () => {
  const worse = compare(refusing)
  assert.deepEqual(worse?.dangers, ['becomes_dead_letter'])
  assert.deepEqual(worse?.deadLetter, { present: null, candidate: 'BAD_TIME' })
  const raw = rawOf(bodyOf('E1'))
  const [present, candidate] = [refusing, presentMapper].map(mapper =>
    runMapper(mapper, raw, endpoint, platform),
  )
  assert.ok(present !== undefined && candidate !== undefined)
  const better = compareMappings(present, candidate, raw)
  assert.deepEqual(better?.dangers, [])
  assert.deepEqual(better?.deadLetter, { present: 'BAD_TIME', candidate: null })
})

test('a dead letter with the same code is the same, another code is told', () => {
  const body = { ...bodyOf('E1'), occurred_at: 'never' }
  assert.equal(compare(refusing, body), null)
  const other: Mapper = {
    version: '2',
    normalize: () => ({ ok: false, code: 'UNIDENTIFIED', message: 'no' }),
  }
  assert.deepEqual(compare(other, body)?.deadLetter, {
    present: 'BAD_TIME',
    candidate: 'UNIDENTIFIED',
  })
})

const failing: readonly [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new TypeError('secret of a customer')
    },
  ],
  ['returns nothing', () => undefined],
  ['returns a promise', () => Promise.resolve({ ok: true })],
  ['returns an event without fields', () => ({ ok: true, event: { domain: 'reservation' } })],
  ['returns a domain we do not have', () => ({ ok: true, event: { domain: 'pets' } })],
]

for (const [what, normalize] of failing) {
  test(`a candidate that ${what} is a finding, without what was sent`, () => {
    const difference = compare({ version: '2', normalize: normalize as Mapper['normalize'] })
    assert.deepEqual(difference?.dangers, ['candidate_failed'])
    assert.equal(difference.deadLetter?.candidate, 'INTERNAL')
    assert.doesNotMatch(JSON.stringify(difference), /secret/)
  })
}
