import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changelogProblems, changesBetween, completeChangelog } from '@fleet/contract-kit'
import type { ReleasedRecord } from '@fleet/contract-kit'
import { currentText, fieldOf, planted } from './planted.ts'

const first = currentText('JournalEntry')
const second = planted('JournalEntry', schema => {
  schema.fields.push({
    name: 'approved_by',
    doc: 'Who released it.',
    type: ['null', { type: 'record', name: 'Person', fields: [] }],
    default: null,
  })
  Object.assign(fieldOf(schema, 'late'), {
    deprecatedSince: '2026-11-01',
    removeAfter: '2027-05-31',
    deprecationReason: 'compare the periods',
  })
  fieldOf(schema, 'currency')['doc'] = 'ISO 4217.'
})

const released: readonly ReleasedRecord[] = [
  {
    record: 'JournalEntry',
    subjects: ['fleet.accounting.v1-value'],
    versions: [
      { version: 1, text: first },
      { version: 2, text: second },
    ],
  },
]

test('a version is told by what it adds, describes and deprecates', () => {
  assert.deepEqual(
    changesBetween(first, second).map(({ text }) => text),
    [
      'Described `currency` anew: ISO 4217.',
      '`late`: Deprecated since 2026-11-01, filled until 2027-05-31: compare the periods.',
      'Added `approved_by` (`Person?`, default `null`). Who released it.',
    ],
  )
  assert.match(changesBetween(null, first)[0]?.text ?? '', /^First version\. A double-entry/)
  const [same] = changesBetween(first, JSON.stringify(JSON.parse(first)))
  assert.match(same?.text ?? '', /means the same/)
})

test('what FULL_TRANSITIVE refuses is told all the same', () => {
  const texts = changesBetween(second, first).map(({ text }) => text)
  assert.ok(texts.includes('Removed `approved_by`.'))
  assert.ok(texts.includes('`late` is no longer deprecated.'))
  const other = planted('JournalEntry', schema => {
    Object.assign(fieldOf(schema, 'period'), { type: 'int', default: 0 })
  })
  assert.deepEqual(
    changesBetween(first, other).map(({ text }) => text),
    [
      'Changed the type of `period` from `string` to `int`.',
      'Changed the default of `period` from `""` to `0`.',
    ],
  )
})

test('completing adds what is missing, newest first, and keeps every word that is there', () => {
  const text = completeChangelog('# Changes\n', released)
  assert.deepEqual(changelogProblems(text, released), [])
  assert.ok(text.indexOf('### Version 2') < text.indexOf('### Version 1'))
  const edited = text.replace('Who released it.', 'The person; asked for by auditors.')
  assert.equal(completeChangelog(edited, released), edited)
})

const whole = completeChangelog('# Changes\n', released)

const wrong: readonly [string, string, RegExp][] = [
  [
    'an entry is missing',
    whole.replace('### Version 2', '### Version 7'),
    /no entry for version 2/,
  ],
  ['a version was never released', whole.replace('### Version 2', '### Version 7'), /7 was never/],
  ['a changed field is not named', whole.replace('`approved_by`', 'a field'), /`approved_by`/],
  ['an entry is empty', whole.replace(/- First version.*/, ''), /version 1 says nothing/],
  ['the record has no section', '# Changes\n', /JournalEntry has no section/],
  [
    'the subjects are others',
    whole.replace('fleet.accounting', 'fleet.books'),
    /must say: Subject/,
  ],
  ['a record was never released', `${whole}\n## Ghost\n`, /Ghost was never released/],
]

for (const [what, text, problem] of wrong) {
  test(`the changelog is refused when ${what}`, () => {
    assert.match(changelogProblems(text, released).join('\n'), problem)
  })
}
