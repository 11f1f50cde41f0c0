import assert from 'node:assert/strict'
import { test } from 'node:test'
import { incompatibilities } from '@fleet/codec'
import { deprecationProblems, removalProblems } from '@fleet/contract-kit'
import { currentText, fieldOf, planted, withoutField } from './planted.ts'
import type { ReleasedText } from '@fleet/contract-kit'
import type { PlantedSchema } from './planted.ts'

const record = 'CrmRecord'
const today = '2026-11-01'
const dates = { deprecatedSince: '2026-11-01', removeAfter: '2027-05-31' }

function deprecated(attributes: object, name = 'severity') {
  return planted(record, schema => Object.assign(fieldOf(schema, name), attributes))
}

const rules: readonly [string, object, RegExp | null][] = [
  ['both dates and a replacement', { ...dates, replacedBy: 'category' }, null],
  ['both dates and a reason', { ...dates, deprecationReason: 'nobody sends it' }, null],
  ['no replacement and no reason', dates, /needs replacedBy or deprecationReason/],
  ['an empty reason', { ...dates, deprecationReason: ' ' }, /needs replacedBy/],
  ['no first day', { removeAfter: '2027-05-31', replacedBy: 'category' }, /needs deprecatedSince/],
  ['no last day', { deprecatedSince: '2026-11-01', replacedBy: 'category' }, /needs removeAfter/],
  ['a reason alone', { deprecationReason: 'x' }, /needs deprecatedSince.*needs removeAfter/s],
  ['a day that is none', { ...dates, removeAfter: '2027-02-30', replacedBy: 'category' }, /day/],
  ['89 days', { ...dates, removeAfter: '2027-01-29', replacedBy: 'category' }, /until 2027-01-30/],
  ['90 days', { ...dates, removeAfter: '2027-01-30', replacedBy: 'category' }, null],
  ['a replacement that is not there', { ...dates, replacedBy: 'colour' }, /no field of the record/],
  ['itself as replacement', { ...dates, replacedBy: 'severity' }, /no field of the record/],
]

for (const [what, attributes, problem] of rules) {
  test(`a deprecation with ${what} is ${problem === null ? 'a promise' : 'refused'}`, () => {
    const problems = deprecationProblems(deprecated(attributes), today).join('\n')
    if (problem === null) assert.equal(problems, '')
    else assert.match(problems, problem)
  })
}

function releasedOn(day: string, text: string, version = 1): ReleasedText {
  return { version, text, releasedOn: day }
}

const unmarked = releasedOn('2026-10-01', currentText(record))

test('a mark that no release carries yet begins today at the earliest', () => {
  const back = { deprecatedSince: '2026-06-01', removeAfter: '2026-10-31', replacedBy: 'category' }
  assert.deepEqual(deprecationProblems(deprecated(back), '2026-11-21', [unmarked]), [
    'CrmRecord.severity has deprecatedSince 2026-06-01, but no release says so yet: ' +
      'it can be 2026-11-21, today, at the earliest',
    "CrmRecord.severity can't end on 2026-10-31: consumers have at least 90 days from " +
      '2026-11-21, until 2027-02-19',
  ])
  const from = (deprecatedSince: string) =>
    deprecationProblems(deprecated({ ...dates, deprecatedSince, replacedBy: 'category' }), today)
  assert.deepEqual(from('2026-10-31').length, 1)
  assert.deepEqual(from('2026-11-01'), [])
  assert.deepEqual(from('2026-12-01'), [])
})

test('a released mark counts from the first release that carries it, whatever the day is now', () => {
  const mark = { ...dates, replacedBy: 'category' }
  const history = [
    unmarked,
    releasedOn(today, deprecated(mark), 2),
    releasedOn('2027-01-15', deprecated({ ...mark, doc: 'More words.' }), 3),
  ]
  const on = (day: string, change: object) =>
    deprecationProblems(deprecated({ ...mark, ...change }), day, history)
  assert.deepEqual(on('2027-05-01', {}), [])
  const earlier = on('2027-05-01', { deprecatedSince: '2026-10-15' })
  assert.match(earlier.join(), /the first release that says so is of 2026-11-01: it can't be/)
})

test('a mark that was taken away and comes back counts anew', () => {
  const mark = { ...dates, replacedBy: 'category' }
  const history = [
    releasedOn(today, deprecated(mark)),
    releasedOn('2026-12-01', currentText(record), 2),
  ]
  const again = deprecationProblems(deprecated(mark), '2027-03-15', history)
  assert.match(again.join('\n'), /no release says so yet: it can be 2027-03-15/)
  assert.match(again.join('\n'), /until 2027-06-13/)
})

test('a released last day may move back, never forward', () => {
  const promise = { ...dates, replacedBy: 'category' }
  const released = [releasedOn(today, deprecated(promise))]
  const until = (removeAfter: string) =>
    deprecationProblems(deprecated({ ...promise, removeAfter }), '2027-02-01', released)
  assert.deepEqual(until('2027-08-31'), [])
  assert.match(until('2027-03-31').join(), /promised until 2027-05-31 and can't end on 2027-03-31/)
})

test('the attributes change nothing for Avro: every version reads every other', () => {
  const next = deprecated({ ...dates, replacedBy: 'category' })
  assert.deepEqual(incompatibilities(next, currentText(record)), [])
  assert.deepEqual(incompatibilities(currentText(record), next), [])
})

const gone = (text: string | null, released: string, day: string, marked = '2026-11-21') =>
  removalProblems({
    released: new Map([[record, [unmarked, releasedOn(marked, released, 2)]]]),
    current: new Map(text === null ? [] : [[record, text]]),
    today: day,
  })

const promised = deprecated({ ...dates, replacedBy: 'category' })

test('inside a topic a field never goes, whatever was promised', () => {
  const without = planted(record, withoutField('severity'))
  assert.match(gone(without, currentText(record), '2026-11-21').join(), /not even deprecated/)
  const early = gone(without, promised, '2027-05-01')
  assert.match(early.join(), /promised until 2027-05-31; .* next major topic/)
  assert.match(gone(without, promised, '2030-01-01').join(), /next major topic/)
})

function successor(leavesOut: readonly string[]): string {
  return planted(record, schema => {
    schema.name = 'CrmRecordV2'
    schema['succeeds'] = 'CrmRecord'
    for (const name of leavesOut) withoutField(name)(schema)
  })
}

const next = (text: string, released: string) =>
  removalProblems({
    released: new Map([[record, [releasedOn(today, released)]]]),
    current: new Map([
      [record, released],
      ['CrmRecordV2', text],
    ]),
    today: '2026-11-21',
  })

test('the next major topic leaves out what a released version deprecated, and nothing else', () => {
  assert.deepEqual(next(successor([]), promised), [])
  assert.deepEqual(next(successor(['severity']), promised), [])
  assert.match(next(successor(['category']), promised).join(), /leaves out CrmRecord\.category/)
  assert.match(next(successor(['severity']), currentText(record)).join(), /was not deprecated/)
  const origin = deprecated({ ...dates, deprecationReason: 'see the audit topic' }, 'origin')
  assert.deepEqual(next(successor(['origin']), origin), [], 'with all that stands within it')
})

test('a successor of nothing is told', () => {
  const alone = planted(record, schema => (schema['succeeds'] = 'Nobody'))
  assert.match(next(alone, promised).join(), /"Nobody", which was never released/)
})

test('a record goes with its topic, after its last promised day', () => {
  const ended = (schema: PlantedSchema) =>
    Object.assign(schema, dates, { replacedBy: 'CrmRecordV2' })
  const released = planted(record, ended)
  assert.match(gone(null, currentText(record), '2030-01-01').join(), /did not deprecate it/)
  assert.match(gone(null, released, '2027-05-31').join(), /promised until 2027-05-31/)
  assert.deepEqual(gone(null, released, '2027-06-01'), [])
  const late = '2027-05-01'
  assert.match(gone(null, released, '2027-07-30', late).join(), /promised until 2027-07-30/)
  assert.deepEqual(gone(null, released, '2027-07-31', late), [], '90 days after the first release')
  const longer = planted(record, schema => {
    ended(schema)
    const until = { ...dates, removeAfter: '2027-12-31', replacedBy: 'category' }
    Object.assign(fieldOf(schema, 'severity'), until)
  })
  assert.match(gone(null, longer, '2027-06-01').join(), /promised until 2027-12-31/)
})
