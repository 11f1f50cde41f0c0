import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { durationMicros, policyOf } from '../../src/core/policies.ts'
import { parsePolicies, readPolicies } from '../../src/index.ts'
import { defaultsFile, hourMs, minuteMs, policiesOf } from '../build-event.ts'

test('the policies of the repository are valid', () => {
  const policies = readPolicies(defaultsFile)
  assert.equal(policies.version, '2026-11')
  assert.deepEqual(policyOf(policies, 'demo').noShow, { outcome: 'warn', amount: null })
})

test('a tenant has the defaults in everything it does not say', () => {
  const policies = policiesOf(file => {
    file.tenants['acme'] = { times: { violation_review: 'PT2H', payment_retry: ['PT1M', 'PT2M'] } }
  })
  const acme = policyOf(policies, 'acme')
  assert.deepEqual(acme.times.violation_review, [2 * hourMs * 1000])
  assert.deepEqual(acme.times.payment_retry, [minuteMs * 1000, 2 * minuteMs * 1000])
  assert.deepEqual(acme.times.damage_triage, policies.defaults.times.damage_triage)
  assert.deepEqual(acme.noShow, policies.defaults.noShow)
  assert.deepEqual(policyOf(policies, 'other'), policies.defaults)
})

test('every problem is told at once, with its place', () => {
  const text = JSON.stringify({
    version: '',
    more: 1,
    defaults: { no_show: { outcome: 'fine' }, times: { no_show_support: '1 day', extra: 'PT1H' } },
    tenants: {
      a: { no_show: { outcome: 'fee', amount_minor: 1.5, currency: 'EUR' } },
      b: { no_show: { outcome: 'waive', amount_minor: 100 } },
      c: 7,
    },
  })
  const reading = parsePolicies(text)
  assert.ok(!reading.ok)
  const { problems } = reading
  for (const start of [
    'more is not known',
    'version must be',
    'defaults.no_show.outcome must be one of fee, waive, warn',
    'defaults.times.extra is not known',
    'defaults.times.no_show_support must be a duration',
    'defaults.times.rate_limit_back_off must be a duration',
    'tenants.a.no_show.amount_minor must be',
    'tenants.b.no_show: an amount belongs to the outcome fee alone',
    'tenants.c must be an object',
  ]) {
    assert.ok(
      problems.some(problem => problem.startsWith(start)),
      `${start} in ${problems.join('\n')}`,
    )
  }
})

test('what is no file, no JSON or no object stops the start with one clear error', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'policies-')), 'p.json')
  const invalid = { code: 'POLICIES_INVALID', fate: 'fatal' }
  assert.throws(() => readPolicies(path), invalid)
  for (const text of ['', '[]', 'null', '{']) {
    writeFileSync(path, text)
    assert.throws(() => readPolicies(path), invalid, text)
  }
})

for (const [text, micros] of [
  ['PT30M', 30 * minuteMs * 1000],
  ['P1DT2H', 26 * hourMs * 1000],
  ['PT0S', null],
  ['P', null],
  ['PT', null],
  ['P1M', null],
  ['-PT1H', null],
  ['PT1.5H', null],
] as const) {
  test(`the duration ${text} is ${micros ?? 'refused'}`, () => {
    assert.equal(durationMicros(text), micros)
  })
}
