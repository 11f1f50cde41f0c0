import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { resourceKey } from '@fleet/contracts'
import type { JournalEntry } from '@fleet/contracts'
import fc from 'fast-check'

import type { LedgerEvent } from '../../src/core/ledger-event.ts'
import { toJournalEntry } from '../../src/core/to-journal-entry.ts'
import type { LedgerOutcome } from '../../src/core/to-journal-entry.ts'
import { buildEvent, contextOf, euros, noonMicros, sha256Hex } from '../build-event.ts'

function book(input: LedgerEvent, offset = 0): LedgerOutcome {
  const { tenant_id: tenant, resource } = input.event
  return toJournalEntry(input, contextOf(resourceKey(tenant, resource.type, resource.id), offset))
}

function entryOf(input: LedgerEvent): JournalEntry {
  const outcome = book(input)
  assert.equal(outcome.kind, 'entry')
  return outcome.entry
}

/** `debit / credit amount`, in words that fit a table. */
function inShort(entry: JournalEntry): string {
  const [debit, credit] = entry.lines
  if (debit === undefined || credit === undefined) return entry.status
  assert.equal(entry.lines.length, 2)
  assert.equal(debit.side, 'DEBIT')
  assert.equal(credit.side, 'CREDIT')
  assert.equal(debit.amount_minor, credit.amount_minor)
  return `${debit.account} / ${credit.account} ${debit.amount_minor}`
}

/** What becomes of an event, in one word or the entry in short. */
function resultOf(input: LedgerEvent): string {
  const outcome = book(input)
  if (outcome.kind === 'entry') return inShort(outcome.entry)
  return outcome.kind === 'refused' ? outcome.code : outcome.kind
}

describe('what is booked', () => {
  const rows: [string, Record<string, unknown>, string, string][] = [
    ['billing.charge_succeeded', {}, 'rental_charge', 'assets:clearing / revenue:rental 1250'],
    [
      'billing.charge_succeeded',
      { category: 'rental_charge' },
      'rental_charge',
      'assets:clearing / revenue:rental 1250',
    ],
    [
      'billing.charge_succeeded',
      { category: 'surcharge' },
      'surcharge',
      'assets:clearing / revenue:surcharge 1250',
    ],
    ['billing.charge_succeeded', { category: 'fee' }, 'fee', 'assets:clearing / revenue:fee 1250'],
    [
      'billing.charge_succeeded',
      { category: 'adjustment' },
      'adjustment',
      'assets:clearing / revenue:adjustment 1250',
    ],
    [
      'billing.charge_succeeded',
      { category: 'violation_recovery' },
      'violation_recovery',
      'assets:clearing / assets:receivable 1250',
    ],
    [
      'billing.charge_succeeded',
      { category: 'claim_recovery' },
      'claim_recovery',
      'assets:clearing / assets:receivable 1250',
    ],
    ['billing.refund_processed', {}, 'refund', 'contra:refunds / assets:clearing 1250'],
    [
      'billing.refund_processed',
      { category: 'whatever' },
      'refund',
      'contra:refunds / assets:clearing 1250',
    ],
    ['billing.adjustment_posted', {}, 'adjustment', 'assets:clearing / revenue:adjustment 1250'],
    [
      'billing.adjustment_posted',
      { category: 'fee', ...euros(-300) },
      'adjustment',
      'revenue:adjustment / assets:clearing 300',
    ],
    ['violation.charged', {}, 'violation_recovery', 'assets:receivable / recovery:violation 1250'],
    [
      'incident.claim_resolved',
      { category: 'collision' },
      'claim_recovery',
      'assets:receivable / recovery:claim 1250',
    ],
  ]
  for (const [type, given, category, lines] of rows) {
    test(`${type} ${JSON.stringify(given)} → ${lines}`, () => {
      const entry = entryOf(buildEvent(type, given))
      assert.equal(inShort(entry), lines)
      assert.equal(entry.category, category)
      assert.equal(entry.status, 'BOOKED')
      assert.equal(entry.currency, 'EUR')
    })
  }
})

describe('what is not booked', () => {
  const rows: [string, string, Record<string, unknown>][] = [
    ['a pre-authorization', 'billing.payment_pre_authorized', {}],
    ['a failed charge', 'billing.charge_failed', {}],
    [
      'a failed charge, whatever its amount looks like',
      'billing.charge_failed',
      { amount: null, attributes: { 'data.amount': '"12,5"' } },
    ],
    ['an unknown billing type', 'billing.charge_reversed', {}],
    ['a matched violation', 'violation.matched', {}],
    ['a disputed violation', 'violation.disputed', {}],
    ['an incident', 'incident.reported', {}],
    ['a damage', 'incident.damage_reported', {}],
    ['an opened claim', 'incident.claim_opened', {}],
    ['a violation charged without an amount', 'violation.charged', { amount: null }],
    ['a claim resolved without an amount', 'incident.claim_resolved', { amount: null }],
    ['a charge of zero', 'billing.charge_succeeded', euros(0)],
    ['an adjustment of zero', 'billing.adjustment_posted', euros(0)],
    ['a claim resolved with zero', 'incident.claim_resolved', euros(0)],
    ['a test delivery', 'billing.charge_succeeded', { mode: 'TEST' }],
    [
      'a test delivery with a bad amount',
      'billing.charge_succeeded',
      { mode: 'TEST', amount: null, attributes: { 'data.amount': '"x"' } },
    ],
  ]
  for (const [what, type, given] of rows) {
    test(`${what}: no entry and no refusal`, () => {
      assert.equal(resultOf(buildEvent(type, given)), 'nothing')
    })
  }
})

describe('what is refused, in this order: amount, category, zero', () => {
  const unread = { amount: null, attributes: { 'data.amount': '"12,50"' } }
  const unreadMinor = { amount: null, attributes: { 'data.amount_minor': '1.5' } }
  const rows: [string, string, Record<string, unknown>, string][] = [
    ['an amount the mapper could not read', 'billing.charge_succeeded', unread, 'BAD_AMOUNT'],
    ['minor units it could not read', 'billing.refund_processed', unreadMinor, 'BAD_AMOUNT'],
    ['an unreadable adjustment', 'billing.adjustment_posted', unread, 'BAD_AMOUNT'],
    ['an unreadable recognition', 'violation.charged', unread, 'BAD_AMOUNT'],
    ['an unreadable claim', 'incident.claim_resolved', unreadMinor, 'BAD_AMOUNT'],
    [
      'a currency that nobody has',
      'billing.charge_succeeded',
      { amount: { amount_minor: 1235, currency: 'EURO' } },
      'BAD_AMOUNT',
    ],
    [
      'zero of no currency',
      'billing.refund_processed',
      { amount: { amount_minor: 0, currency: '' } },
      'BAD_AMOUNT',
    ],
    ['a negative charge', 'billing.charge_succeeded', euros(-1), 'BAD_AMOUNT'],
    ['a negative refund', 'billing.refund_processed', euros(-1), 'BAD_AMOUNT'],
    ['a negative violation', 'violation.charged', euros(-1), 'BAD_AMOUNT'],
    ['a negative claim', 'incident.claim_resolved', euros(-1), 'BAD_AMOUNT'],
    [
      'a bad amount before a bad category',
      'billing.charge_succeeded',
      { ...unread, category: 'tip' },
      'BAD_AMOUNT',
    ],
    ['an unknown category', 'billing.charge_succeeded', { category: 'tip' }, 'BAD_CATEGORY'],
    ['an empty category', 'billing.charge_succeeded', { category: '' }, 'BAD_CATEGORY'],
    [
      'the name of an object property as category',
      'billing.charge_succeeded',
      { category: 'constructor' },
      'BAD_CATEGORY',
    ],
    [
      'a category that is no text',
      'billing.charge_succeeded',
      { attributes: { 'data.category': '7' } },
      'BAD_CATEGORY',
    ],
    [
      'an unknown category before zero',
      'billing.charge_succeeded',
      { category: 'tip', ...euros(0) },
      'BAD_CATEGORY',
    ],
  ]
  for (const [what, type, given, code] of rows) {
    test(`${what}: ${code}`, () => {
      const outcome = book(buildEvent(type, given))
      assert.equal(outcome.kind, 'refused')
      assert.equal(outcome.code, code)
      assert.ok(!/12,50|tip/.test(outcome.message), 'the message quotes nothing of the body')
    })
  }
})

describe('an amount that was never given', () => {
  for (const type of [
    'billing.charge_succeeded',
    'billing.refund_processed',
    'billing.adjustment_posted',
  ]) {
    test(`${type} awaits it, without lines`, () => {
      const entry = entryOf(buildEvent(type, { amount: null }))
      assert.equal(entry.status, 'AWAITING_AMOUNT')
      assert.deepEqual(entry.lines, [])
      assert.equal(entry.currency, null)
    })
  }

  test('an explicit null says the same', () => {
    const given = { amount: null, attributes: { 'data.amount': 'null', 'data.currency': '"EUR"' } }
    assert.equal(resultOf(buildEvent('billing.charge_succeeded', given)), 'AWAITING_AMOUNT')
  })
})

describe('late events', () => {
  test('a superseded event is booked like any other, and is late', () => {
    const entry = entryOf(buildEvent('billing.charge_succeeded', { disposition: 'SUPERSEDED' }))
    assert.equal(entry.status, 'BOOKED')
    assert.equal(entry.late, true)
    assert.equal(entryOf(buildEvent('billing.charge_succeeded')).late, false)
  })

  test('the period is the month of effective_at in UTC', () => {
    const lastMicroOfApril = Date.UTC(2026, 4, 1) * 1000 - 1
    const given = { effective_at: lastMicroOfApril, occurred_at: noonMicros }
    const entry = entryOf(buildEvent('billing.charge_succeeded', given))
    assert.equal(entry.period, '2026-04')
    assert.equal(entry.posted_period, '2026-04')
    const next = entryOf(
      buildEvent('billing.charge_succeeded', { effective_at: lastMicroOfApril + 1 }),
    )
    assert.equal(next.period, '2026-05')
  })
})

describe('entry_id', () => {
  test('is the first 32 hex of SHA-256 over kind, tenant, source, key and event id', () => {
    const text = '["accounting","demo","levy","demo/charge/R1","e1"]'
    const entry = entryOf(buildEvent('billing.charge_succeeded'))
    assert.equal(entry.entry_id, sha256Hex(text).slice(0, 32))
  })

  test('does not depend on where and when the event was read', () => {
    const input = buildEvent('billing.charge_succeeded')
    const again = book(input, 99)
    assert.equal(again.kind, 'entry')
    assert.equal(again.entry.entry_id, entryOf(input).entry_id)
  })
})

const anyEvent = fc
  .record({
    type: fc.constantFrom(
      'billing.charge_succeeded',
      'billing.refund_processed',
      'billing.adjustment_posted',
      'billing.charge_failed',
      'violation.charged',
      'incident.claim_resolved',
    ),
    amount: fc.option(
      fc.record({ amount_minor: fc.maxSafeInteger(), currency: fc.constantFrom('EUR', 'JPY') }),
    ),
    category: fc.option(
      fc.constantFrom('rental_charge', 'surcharge', 'fee', 'adjustment', 'violation_recovery', 'x'),
    ),
    disposition: fc.constantFrom('CURRENT', 'SUPERSEDED'),
    mode: fc.constantFrom('LIVE', 'LIVE', 'LIVE', 'TEST'),
    attributes: fc.constantFrom({}, { 'data.amount': '"1.234"' }),
  })
  .map(({ type, ...given }) => buildEvent(type, given))

test('debits equal credits and every line is positive, for every entry of every event', () => {
  fc.assert(
    fc.property(anyEvent, input => {
      const outcome = book(input)
      if (outcome.kind !== 'entry') return
      const { lines, status } = outcome.entry
      const total = (side: string): number =>
        lines.filter(line => line.side === side).reduce((sum, line) => sum + line.amount_minor, 0)
      assert.equal(total('DEBIT'), total('CREDIT'))
      assert.ok(lines.every(line => Number.isSafeInteger(line.amount_minor)))
      assert.ok(lines.every(line => line.amount_minor > 0))
      assert.equal(lines.length, status === 'BOOKED' ? 2 : 0)
      assert.equal(input.event.mode, 'LIVE')
    }),
    { numRuns: 1000 },
  )
})

describe('golden entries', () => {
  const folder = new URL('../golden/', import.meta.url)
  for (const name of readdirSync(folder)) {
    test(name, () => {
      const golden = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
        event_type: string
        given: Record<string, unknown>
        entry: JournalEntry
      }
      assert.deepEqual(entryOf(buildEvent(golden.event_type, golden.given)), golden.entry)
    })
  }
})
