// The alert rules name metrics that exist: a rule over a misspelled one would be silent for ever. Each is seen
// to fire and not to fire, over series as Prometheus would have them.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parse } from 'yaml'

import { evaluate } from '../support/promql.ts'
import type { Series } from '../support/promql.ts'
import { read, repositoryFiles } from './source-files.ts'

interface Rule {
  alert: string
  expr: string
  for?: string
  keep_firing_for?: string
  annotations: object
}

interface Rules {
  groups: { name: string; rules: Rule[] }[]
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

test('what is counted over a window, or waits, does not flap', () => {
  for (const { alert, expr, keep_firing_for: kept } of rules) {
    if (!/\b(rate|increase)\(|_lag\b|_open(_bytes)?\b|_ratio\b/.test(expr)) continue
    assert.match(kept ?? '', /^\d+m$/, `${alert} ends with the first sample below`)
  }
  for (const { alert, for: waits = '0m', keep_firing_for: kept = '0m' } of rules) {
    assert.match(waits, /^\d+[smh]$/, alert)
    assert.match(kept, /^\d+m$/, alert)
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

/** Answers a minute for the last ten. */
const answered = (outcome: string, perMinute: number, endpoint = 'levy'): Series =>
  counter('fleet_ingest_deliveries_total', { endpoint, outcome }, 0, perMinute)

const mebibyte = 1024 * 1024
const days = 86_400

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
  [
    'FleetStageStuck',
    'nothing waits and none is decided',
    [gauge('fleet_stage_lag', { stage: 'crm-sink' }, 0), ...records('crm-sink', 0, 0, 0)],
    [],
  ],
  [
    'FleetStageUnread',
    'a partition does not run, and its lag is no number',
    [gauge('fleet_stage_lag_unknown', { stage: 'processor' }, 1)],
    ['processor'],
  ],
  [
    'FleetStageUnread',
    'all are read',
    [gauge('fleet_stage_lag_unknown', { stage: 'processor' }, 0)],
    [],
  ],
  [
    'FleetDeadLettersMany',
    'a thousand are open',
    [gauge('fleet_dead_letters_open', { stage: 'processor' }, 1000)],
    [],
  ],
  [
    'FleetDeadLettersLarge',
    'few and very large, seen by two processes of the API',
    [
      gauge('fleet_dead_letters_open_bytes', { stage: 'processor', instance: 'a' }, 300 * mebibyte),
      gauge('fleet_dead_letters_open_bytes', { stage: 'processor', instance: 'b' }, 300 * mebibyte),
      gauge('fleet_dead_letters_open_bytes', { stage: 'crm-sink', instance: 'a' }, mebibyte),
    ],
    ['processor'],
  ],
  [
    'FleetDeadLettersLarge',
    'two processes of the API that see the same letters',
    [
      gauge('fleet_dead_letters_open_bytes', { stage: 'processor', instance: 'a' }, 200 * mebibyte),
      gauge('fleet_dead_letters_open_bytes', { stage: 'processor', instance: 'b' }, 200 * mebibyte),
    ],
    [],
  ],
  [
    'FleetStateMismatch',
    'a partition that does not start',
    [gauge('fleet_stage_state_mismatch', { stage: 'processor' }, 1)],
    ['processor'],
  ],
  [
    'FleetStateMismatch',
    'all start',
    [gauge('fleet_stage_state_mismatch', { stage: 'processor' }, 0)],
    [],
  ],
  [
    'FleetStateNearlyFull',
    'more than nine tenths',
    [gauge('fleet_stage_state_ratio', { stage: 'alerting-sink', what: 'tenant_seen' }, 0.95)],
    ['alerting-sink'],
  ],
  [
    'FleetStateNearlyFull',
    'half',
    [gauge('fleet_stage_state_ratio', { stage: 'alerting-sink', what: 'tenant_seen' }, 0.5)],
    [],
  ],
  [
    'FleetStateShed',
    'ids are given up',
    [counter('fleet_stage_state_shed', { stage: 'processor', what: 'seen_ids' }, 0, 1)],
    ['processor'],
  ],
  [
    'FleetStateShed',
    'none since long',
    [counter('fleet_stage_state_shed', { stage: 'processor', what: 'seen_ids' }, 0)],
    [],
  ],
  [
    'FleetLedgerRefuses',
    'many records of the ledger',
    records('accounting-sink', 100, 0, 6),
    ['all'],
  ],
  ['FleetLedgerRefuses', 'one now and then', records('accounting-sink', 100, 0, 0.2), []],
  ['FleetLedgerRefuses', 'those of another stage', records('crm-sink', 100, 0, 60), []],
  [
    'FleetIngestWorkersDie',
    'again and again',
    [counter('fleet_ingest_worker_exits_total', { instance: 'a' }, 0, 1)],
    ['a'],
  ],
  [
    'FleetIngestWorkersDie',
    'once',
    [counter('fleet_ingest_worker_exits_total', { instance: 'a' }, 0, 0.1)],
    [],
  ],
  [
    'FleetTransactionsLost',
    'one every five seconds',
    [counter('fleet_stage_lost_total', { stage: 'processor' }, 12)],
    ['processor'],
  ],
  [
    'FleetTransactionsLost',
    'one at a rebalance',
    [counter('fleet_stage_lost_total', { stage: 'processor' }, 0, 0.2)],
    [],
  ],
  [
    'FleetDeliveriesTooLarge',
    'one of a known endpoint',
    [answered('body_too_large', 0.2)],
    ['levy'],
  ],
  [
    'FleetDeliveriesTooLarge',
    'of endpoints nobody has',
    [answered('body_too_large', 9, 'unknown')],
    [],
  ],
  ['FleetDeliveriesTooLarge', 'other answers', [answered('accepted', 900)], []],
  ['FleetDeliveriesLimited', 'of a known endpoint', [answered('rate_limited', 5)], ['levy']],
  [
    'FleetDeliveriesLimited',
    'of endpoints nobody has',
    [answered('rate_limited', 9, 'unknown')],
    [],
  ],
  [
    'FleetBreakerOpen',
    'of one of two processes',
    [
      gauge('fleet_ingest_breaker_open', { instance: 'a' }, 0),
      gauge('fleet_ingest_breaker_open', { instance: 'b' }, 1),
    ],
    ['all'],
  ],
  ['FleetBreakerOpen', 'of none', [gauge('fleet_ingest_breaker_open', { instance: 'a' }, 0)], []],
  [
    'FleetConnectionsRefused',
    'beyond the limit of an address',
    [counter('fleet_ingest_connections_refused_total', { limit: 'address' }, 0, 1)],
    ['address'],
  ],
  [
    'FleetConnectionsRefused',
    'none since long',
    [counter('fleet_ingest_connections_refused_total', { limit: 'address' }, 0)],
    [],
  ],
  [
    'FleetIngestOverloaded',
    'by the event loop',
    [
      counter('fleet_ingest_shed_total', { reason: 'turn' }, 0, 20),
      counter('fleet_ingest_shed_total', { reason: 'waiting' }, 0),
    ],
    ['turn'],
  ],
  [
    'FleetIngestOverloaded',
    'not for a few',
    [counter('fleet_ingest_shed_total', { reason: 'turn' }, 0, 5)],
    [],
  ],
  [
    'FleetLimitsNotShared',
    'Redis is away',
    [counter('fleet_ingest_limits_alone_total', {}, 0, 60)],
    ['all'],
  ],
  [
    'FleetLimitsNotShared',
    'Redis is there',
    [counter('fleet_ingest_limits_alone_total', {}, 0)],
    [],
  ],
  [
    'FleetCertificateExpires',
    'in ten days',
    [gauge('fleet_ingest_certificate_seconds', {}, 10 * days)],
    ['all'],
  ],
  [
    'FleetCertificateExpires',
    'in a month',
    [gauge('fleet_ingest_certificate_seconds', {}, 30 * days)],
    [],
  ],
  [
    'FleetApiCertificateExpires',
    'is over',
    [gauge('fleet_api_certificate_seconds', {}, -1)],
    ['all'],
  ],
  [
    'FleetApiCertificateExpires',
    'in a month',
    [gauge('fleet_api_certificate_seconds', {}, 30 * days)],
    [],
  ],
  [
    'FleetApiLoginsRefused',
    'somebody tries keys',
    [counter('fleet_api_logins_refused_total', { answer: '401' }, 0, 20)],
    ['all'],
  ],
  [
    'FleetApiLoginsRefused',
    'somebody mistypes',
    [counter('fleet_api_logins_refused_total', { answer: '401' }, 0, 0.4)],
    [],
  ],
  ['FleetApiKeysOverdue', 'one of them', [gauge('fleet_api_keys_overdue', {}, 1)], ['all']],
  ['FleetApiKeysOverdue', 'none', [gauge('fleet_api_keys_overdue', {}, 0)], []],
]

for (const [alert, what, series, fires] of cases) {
  test(`${alert} ${fires.length > 0 ? 'fires' : 'is silent'}: ${what}`, () => {
    const rule = rules.find(candidate => candidate.alert === alert)
    assert.ok(rule !== undefined, `there is no rule ${alert}`)
    const fired = evaluate(rule.expr, series, nowSeconds)
    assert.deepEqual(
      fired.map(({ labels }) => aboutWhat(labels)),
      fires,
    )
  })
}

function aboutWhat({ stage, endpoint, limit, reason, instance }: Series['labels']): string {
  return stage ?? endpoint ?? limit ?? reason ?? instance ?? 'all'
}

test('every rule is seen to fire and not to fire', () => {
  for (const { alert } of rules) {
    const own = cases.filter(([name]) => name === alert)
    assert.ok(
      own.some(([, , , fires]) => fires.length > 0),
      `${alert} is never seen to fire`,
    )
    assert.ok(
      own.some(([, , , fires]) => fires.length === 0),
      `${alert} is never seen silent`,
    )
  }
})

test('no rule fires over nothing', () => {
  for (const { alert, expr } of rules) {
    assert.deepEqual(evaluate(expr, [], nowSeconds), [], alert)
  }
})
