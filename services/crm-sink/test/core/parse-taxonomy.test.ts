import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { parseTaxonomy } from '../../src/core/parse-taxonomy.ts'
import { fold, read, readCategory } from '../../src/core/taxonomy.ts'
import { ownTaxonomy } from '../../src/shell/load-taxonomy.ts'

const none = { reservation: {}, rental_session: {}, incident: {}, violation: {} }
const least = { version: '1', severity: {}, category: none }

function problemsOf(file: unknown): readonly string[] {
  const reading = parseTaxonomy(typeof file === 'string' ? file : JSON.stringify(file))
  return reading.ok ? [] : reading.problems
}

describe('a taxonomy file', () => {
  const rows: [what: string, file: unknown, problems: string[]][] = [
    ['the least there can be', least, []],
    ['no JSON', '{', ['is not JSON']],
    ['no object', [], ['must be an object']],
    ['a setting there is not', { ...least, colour: 1 }, ['colour is no setting of a taxonomy']],
    [
      'no version',
      { severity: {}, category: none },
      ['version must be 1 to 32 letters, digits, dots or hyphens'],
    ],
    [
      'no severities',
      { version: '1', category: none },
      ["severity must be an object of our words, each with a list of sources' words"],
    ],
    ['no categories', { version: '1', severity: {} }, ['category must be an object']],
    [
      'a domain too many and one too few',
      { ...least, category: { reservation: {}, incident: {}, violation: {}, billing: {} } },
      [
        'category.billing is not one of reservation, rental_session, incident, violation',
        'category.rental_session is missing',
      ],
    ],
    [
      'a word in another spelling than ours',
      { ...least, severity: { 'Very High': [] } },
      ['severity.Very High must be lower_snake_case'],
    ],
    ['no list', { ...least, severity: { low: 'minor' } }, ['severity.low must be a list of words']],
    [
      'no words',
      { ...least, severity: { low: [3, '--'] } },
      ['severity.low[0] must be a word', 'severity.low[1] must be a word'],
    ],
    [
      'a word with two meanings, whatever its spelling',
      { ...least, severity: { low: ['Minor'], high: ['minor', 'low'] } },
      ['severity.high[0] (minor) is already low', 'severity.high[1] (low) is already low'],
    ],
    [
      'an implied category of a type or a name there is not',
      {
        ...least,
        category: { ...none, incident: { damage: ['harm'] } },
        implied: { 'incident.lost': 'damage', 'incident.reported': 'harm' },
      },
      [
        'implied.incident.lost is not an event type of reservation, rental_session, incident, violation',
        'implied.incident.reported must be a category of incident',
      ],
    ],
    [
      'no implied categories',
      { ...least, implied: 7 },
      ['implied must be an object of event types, each with a category'],
    ],
  ]
  for (const [what, file, problems] of rows) {
    test(what, () => assert.deepEqual(problemsOf(file), problems))
  }

  test('says all that is wrong with it at once', () => {
    assert.equal(problemsOf({ version: '', severity: { low: [1] }, colour: '' }).length, 4)
  })
})

describe('reading a word', () => {
  const taxonomy = ownTaxonomy()
  const rows: [sent: (string | null)[], value: string | null, match: string | null][] = [
    [['speeding'], 'speeding', 'TAXONOMY'],
    [['Speed-Camera'], 'speeding', 'TAXONOMY'],
    [['speedCamera'], 'speeding', 'TAXONOMY'],
    [['§ 24', 'parking ticket'], 'parking', 'TAXONOMY'],
    [['§ 24', 'who knows'], null, 'UNKNOWN'],
    [[null, 'who knows'], null, 'UNKNOWN'],
    [['__proto__'], null, 'UNKNOWN'],
    [[null, null], null, null],
    [['', null], null, null],
  ]
  for (const [sent, value, match] of rows) {
    test(`${JSON.stringify(sent)} is ${value} (${match})`, () => {
      assert.deepEqual(read(taxonomy.category.violation, sent), { value, match })
    })
  }

  test('the type implies a category where the event gives none, and only there', () => {
    const type = 'reservation.no_show'
    const of = (reason: string | null) => readCategory(taxonomy, 'reservation', type, [reason])
    assert.deepEqual(of(null), { value: 'no_show', match: 'IMPLIED' })
    assert.deepEqual(of('rain'), { value: null, match: 'UNKNOWN' })
    assert.equal(readCategory(taxonomy, 'reservation', 'reservation.created', [null]).value, null)
  })

  test('case, spaces and hyphens do not count', () => {
    for (const word of ['No-Show', 'noShow', 'NO SHOW', ' no_show '])
      assert.equal(fold(word), 'no_show')
    assert.equal(fold('Überfahren'), 'überfahren')
    assert.equal(fold('--'), '')
  })
})
