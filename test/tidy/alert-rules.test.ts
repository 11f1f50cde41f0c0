// The alert rules name metrics that exist: a rule over a misspelled one would be silent for ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parse } from 'yaml'

import { evaluate } from '../support/promql.ts'
import type { Series } from '../support/promql.ts'
import { read, repositoryFiles } from './source-files.ts'

interface Rules {
  groups: { name: string; rules: { alert: string; expr: string; annotations: object }[] }[]
}

const { groups } = parse(read('infra/alerts/fleet.rules.yml')) as Rules
const rules = groups.flatMap(group => group.rules)

test('every metric in the alert rules is written by some service', () => {
  const sources = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/).map(read)
  assert.ok(rules.length >= 5)
  for (const { alert, expr, annotations } of rules) {
    const names = (expr.match(/\bfleet_\w+/g) ?? []).map(name => name.replace(/_bucket$/, ''))
    assert.ok(names.length > 0, alert)
    for (const name of names) {
      assert.ok(
        sources.some(source => source.includes(`'${name}'`)),
        `${alert}: no source writes ${name}`,
      )
    }
    assert.deepEqual(Object.keys(annotations), ['summary', 'action'], alert)
  }
})

const minutes = 60
const nowSeconds = 40 * minutes

/** Sampled every minute; `perMinute` may change once, ten minutes ago. */
function counter(
  name: string,
  labels: Record<string, string>,
  perMinute: number,
  recentPerMinute = perMinute,
): Series {
  const samples: [number, number][] = []
  let value = 0
  for (let at = 0; at <= nowSeconds; at += minutes) {
    samples.push([at, value])
    value += at >= nowSeconds - 10 * minutes ? recentPerMinute : perMinute
  }
  return { labels: { __name__: name, ...labels }, samples }
}

function gauge(name: string, labels: Record<string, string>, value: number): Series {
  return { labels: { __name__: name, ...labels }, samples: [[nowSeconds, value]] }
}

function records(
  stage: string,
  published: number,
  duplicate: number,
  deadLetter: number,
): Series[] {
  const name = 'fleet_stage_records_total'
  return [
    counter(name, { stage, verdict: 'published' }, published),
    counter(name, { stage, verdict: 'duplicate' }, duplicate),
    counter(name, { stage, verdict: 'dead_letter' }, deadLetter),
  ]
}

/** Per minute, by upper bound in seconds. */
function endToEnd(stage: string, perMinute: Record<string, number>): Series[] {
  let sum = 0
  return Object.entries(perMinute).map(([le, count]) => {
    sum += count
    return counter('fleet_end_to_end_seconds_bucket', { stage, le }, sum)
  })
}

const refused = (reason: string, perMinute: number): Series =>
  counter('fleet_ingest_refusals_total', { endpoint: 'levy', reason }, 0, perMinute)

const cases: readonly [alert: string, what: string, series: Series[], fires: string[]][] = [
  ['FleetSignatureFailures', 'many bad signatures', [refused('bad_signature', 20)], ['levy']],
  [
    'FleetSignatureFailures',
    'several reasons of one endpoint together',
    [refused('bad_signature', 6), refused('stale', 6)],
    ['levy'],
  ],
  ['FleetSignatureFailures', 'a stray one now and then', [refused('bad_signature', 2)], []],
  ['FleetSignatureFailures', 'refusals for other reasons', [refused('rate_limited', 90)], []],
  ['FleetProcessingErrors', 'one record in twenty', records('processor', 100, 0, 5), ['processor']],
  ['FleetProcessingErrors', 'one in a thousand', records('processor', 5000, 0, 5), []],
  ['FleetProcessingErrors', 'a few of very few', records('processor', 1, 0, 0.5), []],
  [
    'FleetProcessingErrors',
    'the stage that fails and no other',
    [...records('processor', 1000, 0, 0), ...records('crm-sink', 100, 0, 9)],
    ['crm-sink'],
  ],
  ['FleetDuplicateRatio', 'half of all', records('processor', 50, 50, 0), ['processor']],
  ['FleetDuplicateRatio', 'every tenth', records('processor', 90, 10, 0), []],
  ['FleetDuplicateRatio', 'half of nearly nothing', records('processor', 2, 2, 0), []],
  [
    'FleetStageLag',
    'two processes together',
    [
      gauge('fleet_stage_lag', { stage: 'processor', instance: 'a' }, 15_000),
      gauge('fleet_stage_lag', { stage: 'processor', instance: 'b' }, 15_000),
    ],
    ['processor'],
  ],
  ['FleetStageLag', 'some', [gauge('fleet_stage_lag', { stage: 'processor' }, 500)], []],
  [
    'FleetEndToEndSlow',
    'a fifth takes an hour',
    endToEnd('processor', { '60': 80, '300': 0, '3600': 20, '+Inf': 0 }),
    ['processor'],
  ],
  [
    'FleetEndToEndSlow',
    'one in twenty is late',
    endToEnd('processor', { '60': 95, '300': 0, '3600': 5, '+Inf': 0 }),
    [],
  ],
  [
    'FleetDeadLettersOld',
    'a letter is open for more than a day',
    [gauge('fleet_dead_letters_oldest_seconds', { stage: 'crm-sink' }, 90_000)],
    ['crm-sink'],
  ],
  [
    'FleetDeadLettersOld',
    'letters of today',
    [gauge('fleet_dead_letters_oldest_seconds', { stage: 'crm-sink' }, 3600)],
    [],
  ],
  [
    'FleetDeadLettersMany',
    'more than a thousand letters are open',
    [gauge('fleet_dead_letters_open', { stage: 'processor' }, 1001)],
    ['processor'],
  ],
  [
    'FleetAnswersSlow',
    'several slow answers',
    [counter('fleet_ingest_slow_answers_total', { endpoint: 'levy' }, 0, 3)],
    ['levy'],
  ],
  [
    'FleetAnswersSlow',
    'one slow answer',
    [counter('fleet_ingest_slow_answers_total', { endpoint: 'levy' }, 0, 0.2)],
    [],
  ],
  [
    'FleetStageStuck',
    'records wait and none is decided',
    [gauge('fleet_stage_lag', { stage: 'crm-sink' }, 10), ...records('crm-sink', 0, 0, 0)],
    ['crm-sink'],
  ],
  [
    'FleetStageStuck',
    'records wait and are worked off',
    [gauge('fleet_stage_lag', { stage: 'crm-sink' }, 10), ...records('crm-sink', 9, 0, 0)],
    [],
  ],
]

for (const [alert, what, series, fires] of cases) {
  test(`${alert} ${fires.length > 0 ? 'fires' : 'is silent'}: ${what}`, () => {
    const rule = rules.find(candidate => candidate.alert === alert)
    assert.ok(rule !== undefined, `there is no rule ${alert}`)
    const fired = evaluate(rule.expr, series, nowSeconds)
    assert.deepEqual(
      fired.map(({ labels }) => labels['stage'] ?? labels['endpoint']),
      fires,
    )
  })
}

test('no rule fires over nothing', () => {
  // Subqueries are beyond what is evaluated here.
  const evaluated = rules.filter(({ expr }) => !expr.includes('_over_time('))
  for (const { alert, expr } of evaluated) {
    assert.deepEqual(evaluate(expr, [], nowSeconds), [], alert)
  }
})
