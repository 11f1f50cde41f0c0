import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { parseCharts } from '../../src/core/parse-charts.ts'
import { sha256Hex } from '../build-event.ts'

const ownText = readFileSync(new URL('../../charts.json', import.meta.url), 'utf8')

type Json = Record<string, unknown>
interface ChartJson extends Json {
  version: string
  accounts: Json[]
  rules: (Json & { postings: Json[] })[]
}
interface FileJson extends Json {
  charts: ChartJson[]
}

function own(): FileJson {
  return JSON.parse(ownText) as FileJson
}

function chartOf(file: FileJson): ChartJson {
  const [chart] = file.charts
  assert.ok(chart !== undefined)
  return chart
}

/** Of the second rule. */
function refundPosting(file: FileJson): Json {
  const posting = chartOf(file).rules[1]?.postings[0]
  assert.ok(posting !== undefined)
  return posting
}

function problemsOf(file: unknown): string[] {
  const reading = parseCharts(typeof file === 'string' ? file : JSON.stringify(file), sha256Hex)
  return reading.ok ? [] : reading.problems
}

describe('the chart that comes with the service', () => {
  test('has exactly these accounts', () => {
    const reading = parseCharts(ownText, sha256Hex)
    assert.ok(reading.ok)
    const chart = reading.charts.byVersion.get(reading.charts.initialVersion)
    assert.deepEqual([...(chart?.accounts.keys() ?? [])].toSorted(), [
      'assets:clearing',
      'assets:receivable',
      'contra:refunds',
      'recovery:claim',
      'recovery:violation',
      'revenue:adjustment',
      'revenue:fee',
      'revenue:rental',
      'revenue:surcharge',
    ])
  })
})

describe('a charts file is refused', () => {
  const rows: [string, (file: FileJson) => void, RegExp][] = [
    ['of another format', file => (file['format'] = 2), /^format: must be 1$/],
    [
      'without the chart it begins with',
      file => (file['initial_version'] = '9'),
      /^initial_version: must be the version of one of the charts \(1\)$/,
    ],
    [
      'with a version twice',
      file => file.charts.push(chartOf(own())),
      /^charts\[1\]\.version: "1" is there twice$/,
    ],
    [
      'with an account twice',
      file => chartOf(file).accounts.push({ ...chartOf(file).accounts[0] }),
      /accounts\[9\]\.code: "assets:clearing" is there twice/,
    ],
    [
      'with an account of an unknown type',
      file => ((chartOf(file).accounts[0] as Json)['type'] = 'money'),
      /accounts\[0\]\.type: must be one of asset, /,
    ],
    [
      'that posts to an account it does not have',
      file => (refundPosting(file)['debit'] = 'assets:bank'),
      /rules\[1\]\.postings\[0\]\.debit: "assets:bank" is no account of this chart/,
    ],
    [
      'that debits and credits one account',
      file => (refundPosting(file)['debit'] = 'assets:clearing'),
      /rules\[1\]\.postings\[0\]: debits and credits the same account/,
    ],
    [
      'with two rules for one event type',
      file => ((chartOf(file).rules[1] as Json)['event_type'] = 'billing.charge_succeeded'),
      /rules\[1\]\.event_type: "billing.charge_succeeded" has a rule already/,
    ],
    [
      'that books a pre-authorization',
      file => ((chartOf(file).rules[1] as Json)['event_type'] = 'billing.payment_pre_authorized'),
      /"billing.payment_pre_authorized" moves no money/,
    ],
    [
      'that books what the ledger does not read',
      file => ((chartOf(file).rules[1] as Json)['event_type'] = 'customer.created'),
      /must begin with billing\., violation\., incident\./,
    ],
    [
      'with a missing category that it does not have',
      file => ((chartOf(file).rules[0] as Json)['category_if_missing'] = 'tip'),
      /category_if_missing: must be the category of one of the postings/,
    ],
    [
      'with a word that nothing reads',
      file => ((chartOf(file).rules[0] as Json)['negativ'] = 'refuse'),
      /rules\[0\]: has "negativ", which nothing reads/,
    ],
    [
      'with a fixed category of two postings',
      file => {
        const rule = chartOf(file).rules[1]
        rule?.postings.push({ category: 'x', debit: 'revenue:fee', credit: 'assets:clearing' })
      },
      /rules\[1\]\.postings: a fixed category has exactly one posting/,
    ],
  ]
  for (const [what, spoil, problem] of rows) {
    test(what, () => {
      const file = own()
      spoil(file)
      const problems = problemsOf(file)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', problem)
    })
  }

  test('that is no JSON, no object, or empty', () => {
    assert.deepEqual(problemsOf('{'), ['it is not JSON'])
    assert.equal(problemsOf([])[0], 'the file: must be an object')
    assert.ok(problemsOf({}).length >= 4)
  })

  test('with every problem at once', () => {
    const file = own()
    for (const [, spoil] of rows.slice(0, 5)) spoil(file)
    assert.ok(problemsOf(file).length >= 5)
  })
})
