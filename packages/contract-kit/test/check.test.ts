import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingCodes, findingText } from '@fleet/contract-kit'
import { topics } from '@fleet/contracts'
import { codesOf, declared, fieldOf, findingsOf, planted, withoutField } from './planted.ts'
import type { PlantedSchema } from './planted.ts'

const record = 'ReservationEvent'
const deprecation = { deprecatedSince: '2026-11-01', removeAfter: '2027-05-31' }
const disposition = { type: 'Disposition', values: ['CURRENT', 'SUPERSEDED'] }

function symbolsOf(schema: PlantedSchema): string[] {
  return (fieldOf(schema, 'disposition').type as { symbols: string[] }).symbols
}

interface Planting {
  readonly change: string
  readonly reads: Record<string, unknown>
  readonly plant: (schema: PlantedSchema) => void
  readonly found: readonly string[]
  readonly says: RegExp
}

const plantings: readonly Planting[] = [
  {
    change: 'a field is removed',
    reads: { reason: 'string?' },
    plant: withoutField('reason'),
    found: ['error FIELD_MISSING reason'],
    says: /it was released and is gone/,
  },
  {
    change: 'a field the consumer can do without is removed',
    reads: { reason: { type: 'string?', required: false } },
    plant: withoutField('reason'),
    found: ['warning FIELD_MISSING reason'],
    says: /it was released and is gone/,
  },
  {
    change: 'a field is renamed',
    reads: { event_id: 'string' },
    plant: schema => (fieldOf(schema, 'event_id').name = 'id'),
    found: ['error FIELD_MISSING event_id'],
    says: /Talk to Team Board \(#board\)/,
  },
  {
    change: 'a field within a record is removed',
    reads: { 'amount.currency': 'string?' },
    plant: schema => {
      const [, money] = fieldOf(schema, 'amount').type as [string, PlantedSchema]
      withoutField('currency')(money)
    },
    found: ['error FIELD_MISSING amount.currency'],
    says: /gone/,
  },
  {
    change: 'a type is changed',
    reads: { occurred_at: 'timestamp-micros' },
    plant: schema => (fieldOf(schema, 'occurred_at').type = 'string'),
    found: ['error TYPE_CHANGED occurred_at'],
    says: /it is string, the consumer reads timestamp-micros/,
  },
  {
    change: 'a logical type is dropped',
    reads: { occurred_at: 'timestamp-micros' },
    plant: schema => (fieldOf(schema, 'occurred_at').type = 'long'),
    found: ['error TYPE_CHANGED occurred_at'],
    says: /it is long/,
  },
  {
    change: 'a field becomes nullable',
    reads: { source: 'string' },
    plant: schema => (fieldOf(schema, 'source').type = ['string', 'null']),
    found: ['error MAY_BE_NULL source'],
    says: /it may be null \(string\?\)/,
  },
  {
    change: 'an enum gains a symbol',
    reads: { disposition },
    plant: schema => symbolsOf(schema).push('REPEATED'),
    found: ['error VALUE_ADDED disposition'],
    says: /"REPEATED" may come/,
  },
  {
    change: 'an enum gains a symbol and the consumer ignores what it does not know',
    reads: { disposition: { ...disposition, others: 'ignored' } },
    plant: schema => symbolsOf(schema).push('REPEATED'),
    found: [],
    says: /^$/,
  },
  {
    change: 'an enum loses a symbol',
    reads: { disposition },
    plant: schema => symbolsOf(schema).shift(),
    found: ['error VALUE_GONE disposition'],
    says: /"CURRENT" never comes/,
  },
  {
    change: 'a default is changed',
    reads: { source: 'string' },
    plant: schema => (fieldOf(schema, 'source').default = 'levy'),
    found: ['error DEFAULT_CHANGED source'],
    says: /its default is "levy", the released one is ""/,
  },
  {
    change: 'a field is deprecated',
    reads: { vehicle_id: 'string?' },
    plant: schema =>
      Object.assign(fieldOf(schema, 'vehicle_id'), deprecation, { deprecationReason: 'not sent' }),
    found: ['warning DEPRECATED vehicle_id'],
    says: /deprecated since 2026-11-01 and is filled until 2027-05-31: not sent\./,
  },
  {
    change: 'a record is deprecated and a field within it is read',
    reads: { 'resource.id': 'string' },
    plant: schema =>
      Object.assign(fieldOf(schema, 'resource'), deprecation, { replacedBy: 'event_id' }),
    found: ['warning DEPRECATED resource.id'],
    says: /resource is deprecated .* use event_id/,
  },
  {
    change: 'the whole record is deprecated',
    reads: { tenant_id: 'string' },
    plant: schema => Object.assign(schema, deprecation, { replacedBy: 'ReservationEventV2' }),
    found: ['warning DEPRECATED tenant_id'],
    says: /the record is deprecated/,
  },
  {
    change: 'a field is added',
    reads: { tenant_id: 'string', event_type: 'string' },
    plant: schema => schema.fields.push({ name: 'note', type: ['null', 'string'], default: null }),
    found: [],
    says: /^$/,
  },
]

for (const { change, reads, plant, found, says } of plantings) {
  test(`${change}: ${found.join(', ') || 'nothing is found'}`, () => {
    const declaration = declared(reads)
    assert.deepEqual(codesOf(findingsOf(declaration)), [], 'without the change nothing is found')
    const findings = findingsOf(declaration, planted(record, plant))
    assert.deepEqual(codesOf(findings), found)
    assert.match(findings.map(findingText).join('\n'), says)
    for (const { against } of findings) assert.equal(against, 'proposed')
  })
}

test('after its last promised day reading a deprecated field is an error', () => {
  const proposed = planted(record, schema =>
    Object.assign(fieldOf(schema, 'vehicle_id'), deprecation, { deprecationReason: 'not sent' }),
  )
  const declaration = declared({ vehicle_id: 'string?' })
  const on = (today: string) => codesOf(findingsOf(declaration, proposed, today))
  assert.deepEqual(on('2027-05-31'), ['warning DEPRECATED vehicle_id'])
  assert.deepEqual(on('2027-06-01'), ['error DEPRECATION_EXPIRED vehicle_id'])
})

const mistaken: readonly [string, object, string[]][] = [
  ['a field that never was', { colour: 'string' }, ['error FIELD_MISSING colour']],
  ['a wrong type', { event_id: 'long' }, ['error TYPE_CHANGED event_id']],
  ['null not expected', { reason: 'string' }, ['error MAY_BE_NULL reason']],
  [
    'a default it relies on',
    { source: { type: 'string', default: 'x' } },
    ['error DEFAULT_CHANGED source'],
  ],
  [
    'an event type nobody has a name for',
    { event_type: { type: 'string', values: ['reservation.noshow'], others: 'ignored' } },
    ['error VALUE_GONE event_type'],
  ],
  [
    'only some event types, failing on others',
    { event_type: { type: 'string', values: ['reservation.no_show'] } },
    ['error VALUE_ADDED event_type'],
  ],
  [
    'only some event types, ignoring others',
    { event_type: { type: 'string', values: ['reservation.no_show'], others: 'ignored' } },
    [],
  ],
]

for (const [what, fields, found] of mistaken) {
  test(`a consumer that declares ${what}: ${found.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(codesOf(findingsOf(declared(fields))), found)
  })
}

test('a field within what may be null may be null', () => {
  const declaration = declared({ 'amount.currency': 'string' })
  assert.deepEqual(codesOf(findingsOf(declaration)), ['error MAY_BE_NULL amount.currency'])
})

test('items of lists and values of maps have paths', () => {
  const lines = { 'lines[].account': 'string', 'lines[].amount_minor': 'long' }
  assert.deepEqual(findingsOf(declared(lines, {}, topics.accounting.name)), [])
  const registers = { 'registers{}.rank': 'int', registers: 'map<Register>' }
  assert.deepEqual(findingsOf(declared(registers, {}, topics.state.name)), [])
})

test('int is read as long, long is not read as int', () => {
  assert.deepEqual(findingsOf(declared({ 'lineage.raw_partition': 'long' })), [])
  const narrowed = findingsOf(declared({ 'lineage.raw_offset': 'int' }))
  assert.deepEqual(codesOf(narrowed), ['error TYPE_CHANGED lineage.raw_offset'])
})

test('who reads values as they were written misses in old ones what came later', () => {
  const proposed = planted(record, schema =>
    schema.fields.push({ name: 'note', type: ['null', 'string'], default: null }),
  )
  const reads = { note: 'string?' }
  assert.deepEqual(findingsOf(declared(reads), proposed), [])
  const [finding] = findingsOf(declared(reads, { schema: 'writer' }), proposed)
  assert.equal(finding?.code, 'FIELD_MISSING')
  assert.match(finding?.against ?? '', /^released 1/)
})

test('a sample that the schema does not allow is found, without its values', () => {
  const samples = [
    { event_id: 'E1', resource: { type: 'reservation', id: 'R1' }, amount: null },
    { event_id: 7, colour: 'secret', resource: { id: null }, attributes: { a: 1 } },
  ]
  const findings = findingsOf(declared({ event_id: 'string' }, { samples }))
  assert.deepEqual(codesOf(findings), [
    'error SAMPLE_INVALID event_id',
    'error SAMPLE_INVALID colour',
    'error SAMPLE_INVALID resource.id',
    'error SAMPLE_INVALID attributes{}',
  ])
  assert.ok(findings.every(finding => /sample 2/.test(finding.message)))
  assert.doesNotMatch(findings.map(findingText).join(), /secret/)
})

test('a topic that is not there and one with private values are told apart', () => {
  const [gone] = findingsOf(declared({ a: 'string' }, {}, 'fleet.bogus.v1'))
  assert.match(gone?.message ?? '', /no such topic/)
  const [secret] = findingsOf(declared({ a: 'string' }, {}, topics.control.name))
  assert.match(secret?.message ?? '', /private/)
})

test('a subject is as good as its topic', () => {
  const subject = `${topics.crm.name}-value`
  assert.deepEqual(findingsOf(declared({ record_id: 'string' }, {}, subject)), [])
})

test('every code has a sentence', () => {
  for (const meaning of Object.values(findingCodes)) assert.match(meaning, /\.$/)
})
