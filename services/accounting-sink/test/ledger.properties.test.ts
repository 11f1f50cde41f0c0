// Random histories through the stage, with restarts from its changelog, held against a model that shares
// nothing with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseLedgerKey, topics } from '@fleet/contracts'
import type { JournalEntry, LedgerBalance, LedgerControl } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import fc from 'fast-check'

import { asModelEntry, LedgerModel } from '../../../test/support/ledger-model.ts'
import { accountingSink } from '../src/index.ts'
import { buildEvent, ownCharts } from './build-event.ts'

const timestampMs = Date.UTC(2026, 10, 20)
const months = ['2026-07', '2026-08', '2026-09', '2026-10', '2026-11']

const event = fc
  .record({
    type: fc.constantFrom(
      'billing.charge_succeeded',
      'billing.charge_succeeded',
      'billing.refund_processed',
      'billing.refund_processed',
      'billing.adjustment_posted',
      'billing.payment_pre_authorized',
      'violation.charged',
      'incident.claim_resolved',
    ),
    tenant_id: fc.constantFrom('demo', 'acme/berlin'),
    resource: fc.constantFrom('R1', 'R2'),
    event_id: fc.integer({ min: 1, max: 25 }).map(n => `e${n}`),
    amount: fc.option(
      fc.record({
        amount_minor: fc.oneof(fc.integer({ min: -3, max: 200 }), fc.maxSafeInteger()),
        currency: fc.constantFrom('EUR', 'EUR', 'JPY'),
      }),
      { freq: 3 },
    ),
    category: fc.option(fc.constantFrom('rental_charge', 'fee', 'claim_recovery', 'tip')),
    about: fc.option(fc.constantFrom('A', 'B', '__proto__')),
    month: fc.constantFrom(...months),
    disposition: fc.constantFrom('CURRENT', 'SUPERSEDED'),
    mode: fc.constantFrom('LIVE', 'LIVE', 'LIVE', 'LIVE', 'TEST'),
  })
  .map(given => ({ step: 'event' as const, ...given }))

const close = fc
  .record({
    tenant: fc.constantFrom<string>('demo', 'acme/berlin'),
    period: fc.constantFrom(...months),
  })
  .map(given => ({ step: 'close' as const, ...given }))

const restart = fc.constant({ step: 'restart' as const })

const history = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: event },
    { weight: 1, arbitrary: close },
    { weight: 1, arbitrary: restart },
  ),
  { maxLength: 80 },
)

function controlOf(tenant: string, period: string): LedgerControl {
  return {
    control_id: 'c',
    kind: 'CLOSE_PERIOD',
    tenant_id: tenant,
    period,
    chart_version: null,
    reason: null,
    requested_by: null,
    requested_at: 0,
  }
}

type Step = (typeof history extends fc.Arbitrary<infer Steps> ? Steps : never)[number]

function run(steps: readonly Step[]) {
  const task = driveStage(accountingSink({ charts: ownCharts, memoryDays: 400 }))
  const model = new LedgerModel()
  const wanted = []
  for (const step of steps) {
    if (step.step === 'restart') {
      task.restart()
    } else if (step.step === 'close') {
      const { tenant, period } = step
      const value = controlOf(tenant, period)
      const { refusal } = task.pipe(topics.ledgerControl, { key: tenant, value, timestampMs })
      assert.equal(refusal === undefined, period < '2026-11')
      if (refusal === undefined) model.close(tenant, period)
    } else {
      const { type, resource: id, month, about, step: _, ...rest } = step
      const names = { charge_id: about, refund_of: about }
      const given = type.startsWith('billing.') ? { ...rest, ...names } : rest
      const effective_at = Date.parse(`${month}-15T00:00:00Z`) * 1000
      const resource = { type: 'charge', id }
      const { domain, event: value } = buildEvent(type, { ...given, effective_at, resource })
      const key = `${encodeURIComponent(step.tenant_id)}/charge/${id}`
      const { refusal, verdict } = task.pipe(topics.events[domain], { key, value, timestampMs })
      const outcome = model.take(key, value)
      const is = refusal?.code ?? verdict
      assert.equal(
        is,
        outcome.kind === 'refused'
          ? outcome.code
          : outcome.kind === 'repeated'
            ? 'duplicate'
            : 'published',
      )
      if (outcome.kind === 'entry') wanted.push(outcome.entry)
    }
  }
  const entries = task.outputs(topics.accounting).map(({ value }) => value as JournalEntry)
  return { task, entries, wanted }
}

/** `tenant period currency account` → debit minus credit, from the journal. */
function trialBalance(entries: readonly JournalEntry[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { tenant_id, posted_period, currency, lines } of entries) {
    for (const { account, side, amount_minor } of lines) {
      const name = JSON.stringify([tenant_id, posted_period, currency, account, side])
      sums.set(name, (sums.get(name) ?? 0n) + BigInt(amount_minor))
    }
  }
  return sums
}

/** The same, from the memory. */
function remembered(changelog: readonly { key: string; value: Buffer | null }[]) {
  const sums = new Map<string, bigint>()
  for (const { key, value } of changelog) {
    const parsed = parseLedgerKey(key)
    if (parsed?.kind !== 'balance') continue
    const { tenantId, period, currency } = parsed
    const balance = JSON.parse(String(value)) as LedgerBalance
    for (const [account, [debit, credit]] of Object.entries(balance)) {
      for (const [side, sum] of [
        ['DEBIT', debit],
        ['CREDIT', credit],
      ] as const) {
        const name = JSON.stringify([tenantId, period, currency, account, side])
        if (sum !== '0') sums.set(name, BigInt(sum))
      }
    }
  }
  return sums
}

function sorted(sums: Map<string, bigint>): [string, bigint][] {
  return [...sums].toSorted(([left], [right]) => (left < right ? -1 : 1))
}

test('every entry is what the model says, debits equal credits, and memory equals the journal', () => {
  fc.assert(
    fc.property(history, steps => {
      const { task, entries, wanted } = run(steps)
      assert.deepEqual(
        entries.map(entry => asModelEntry(entry)),
        wanted.map(entry => ({ ...entry, excess: capped(entry.excess) })),
      )
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        entries.map((_, index) => index + 1),
      )
      for (const { lines } of entries) {
        const [debit, credit] = lines
        assert.equal(debit?.amount_minor, credit?.amount_minor)
      }
      assert.deepEqual(sorted(remembered(task.changelog())), sorted(trialBalance(entries)))
    }),
    { numRuns: 300 },
  )
})

/** A field holds no larger number. */
function capped(excess: bigint | null): bigint | null {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  return excess !== null && excess > most ? most : excess
}

test('what is posted to a closed month never changes again', () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const period = '2026-09'
      const closing: Step = { step: 'close', tenant: 'demo', period }
      const untilClosed = run([...before, closing]).entries
      const all = run([...before, closing, ...after]).entries
      const closed = (entries: readonly JournalEntry[]) =>
        sorted(
          trialBalance(
            entries.filter(entry => entry.tenant_id === 'demo' && entry.posted_period <= period),
          ),
        )
      assert.deepEqual(closed(all), closed(untilClosed))
    }),
    { numRuns: 100 },
  )
})
