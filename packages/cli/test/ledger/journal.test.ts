import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { JournalEntry, Line } from '@fleet/contracts'

import { Balances, Journal } from '../../src/ledger/journal.ts'
import { LedgerMemory } from '../../src/ledger/ledger-memory.ts'
import { majorUnits } from '../../src/ledger/major-units.ts'
import { trialBalanceOf, unknownIn } from '../../src/ledger/trial-balance.ts'

function lines(minor: number): Line[] {
  return [
    { account: 'assets:clearing', side: 'DEBIT', amount_minor: minor },
    { account: 'revenue:rental', side: 'CREDIT', amount_minor: minor },
  ]
}

function entry(sequence: number | null, given: Partial<JournalEntry> = {}): JournalEntry {
  return {
    entry_id: `entry-${sequence}`,
    status: 'BOOKED',
    tenant_id: 'demo',
    subaccount_id: null,
    category: 'rental_charge',
    event_id: 'e',
    event_type: 'billing.charge_succeeded',
    resource: { type: 'charge', id: 'C' },
    refund_of: null,
    currency: 'EUR',
    occurred_at: 0,
    processed_at: 0,
    period: '2026-10',
    posted_period: '2026-10',
    late: false,
    lines: lines(100),
    origin: { topic: 'events', partition: 0, offset: 0 },
    chart_version: '1',
    sequence,
    completes: null,
    charge_entry_id: null,
    excess_minor: null,
    ...given,
  }
}

const awaiting = { status: 'AWAITING_AMOUNT', currency: null, lines: [] }

/** What the memory holds after these entries. */
function memoryOf(entries: readonly JournalEntry[]): { entries: number; balances: Balances } {
  const balances = new Balances()
  for (const one of entries) balances.addEntry(one)
  return { entries: entries.length, balances }
}

function journalOf(entries: readonly JournalEntry[], remembered = memoryOf(entries)): Journal {
  const journal = new Journal(3, remembered)
  for (const [offset, one] of entries.entries()) journal.take(offset, one)
  journal.finish()
  return journal
}

function rulesOf(journal: Journal): string[] {
  return journal.violations.map(({ rule, offset }) => `${rule}@${offset}`)
}

describe('a journal is right', () => {
  const thin = entry(1, awaiting)
  const rows: [string, JournalEntry[]][] = [
    ['without entries', []],
    ['numbered from 1', [entry(1), entry(2), entry(3)]],
    ['with an amount that came later', [thin, entry(2, { completes: 'entry-1' })]],
    [
      'with an amount that came for the same event',
      [thin, entry(2, { entry_id: 'entry-1', completes: 'entry-1' })],
    ],
    [
      'with an amount of its own after another was taken for it',
      [thin, entry(2, { completes: 'entry-1' }), entry(3, { entry_id: 'entry-1' })],
    ],
    ['posted to a later month', [entry(1, { posted_period: '2026-11' })]],
  ]
  for (const [what, entries] of rows) {
    test(what, () => assert.deepEqual(rulesOf(journalOf(entries)), []))
  }

  test('whose first entries were made before they were numbered', () => {
    const numbered = [entry(1), entry(2)]
    const old = entry(null, { entry_id: 'old', chart_version: null })
    assert.deepEqual(rulesOf(journalOf([old, ...numbered], memoryOf(numbered))), [])
  })

  test('while it grows beyond what the memory was read with', () => {
    const remembered = memoryOf([entry(1)])
    assert.deepEqual(rulesOf(journalOf([entry(1), entry(2)], remembered)), [])
  })

  test('when its numbers begin anew, after the memory was lost', () => {
    const anew = [entry(1, { entry_id: 'a' }), entry(2, { entry_id: 'b' })]
    assert.deepEqual(rulesOf(journalOf([entry(1), entry(2), ...anew], memoryOf(anew))), [])
  })
})

describe('a journal is wrong', () => {
  const [debit, credit] = lines(100)
  assert.ok(debit !== undefined && credit !== undefined)
  const rows: [string, JournalEntry[], string][] = [
    ['debits and credits differ', [entry(1, { lines: [debit] })], 'unbalanced@0'],
    ['booked without lines', [entry(1, { lines: [] })], 'malformed@0'],
    ['awaiting with lines', [entry(1, { status: 'AWAITING_AMOUNT' })], 'malformed@0'],
    ['a line of zero', [entry(1, { lines: lines(0) })], 'malformed@0'],
    ['without a currency', [entry(1, { currency: null })], 'malformed@0'],
    ['posted before its month', [entry(1, { posted_period: '2026-09' })], 'malformed@0'],
    ['one is missing', [entry(1), entry(3)], 'gap@1'],
    ['one is there twice', [entry(1), entry(2, { entry_id: 'entry-1' })], 'repeated@1'],
    ['completes what awaits nothing', [entry(1, { completes: 'x' })], 'completed_twice@0'],
    [
      'an amount is brought twice',
      [entry(1, awaiting), ...[2, 3].map(n => entry(n, { completes: 'entry-1' }))],
      'completed_twice@2',
    ],
  ]
  for (const [what, entries, wanted] of rows) {
    test(what, () => assert.equal(rulesOf(journalOf(entries))[0], wanted))
  }

  test('an amount of its own comes twice', () => {
    const own = [2, 3].map(n => entry(n, { entry_id: 'entry-1' }))
    const entries = [entry(1, awaiting), entry(9, { completes: 'entry-1' }), ...own]
    assert.ok(rulesOf(journalOf(entries)).includes('repeated@3'))
  })

  test('very often: the first are kept of each rule, and all are counted', () => {
    const twice = Array.from({ length: 5000 }, (_, n) => entry(n + 1, { entry_id: 'x' }))
    const journal = journalOf(twice, memoryOf([]))
    assert.equal(journal.violations.length, 100)
    assert.deepEqual([...journal.violationCounts], [['repeated', 4999]])
    assert.equal(journal.violationCount, 4999)
    const other = journalOf(twice, memoryOf([entry(1), ...twice]))
    assert.ok(other.violations.some(({ rule }) => rule === 'memory_differs'))
  })

  test('its ids are let go once it is read to the end', () => {
    const journal = journalOf([entry(1), entry(2, awaiting)])
    assert.equal(journal.awaiting, 1)
    assert.equal(journal.balances.differences(memoryOf([entry(1)]).balances).length, 0)
    assert.equal(journal.idsHeld, 0)
  })

  test('the memory has more entries than the journal', () => {
    const rules = rulesOf(journalOf([entry(1)], memoryOf([entry(1), entry(2)])))
    assert.deepEqual([...new Set(rules)], ['memory_differs@-1'])
  })

  test('the memory has another sum', () => {
    const journal = journalOf([entry(1)], memoryOf([entry(1, { lines: lines(99) })]))
    assert.equal(journal.violations.length, 2)
    assert.match(journal.violations[0]?.detail ?? '', /the journal has 100\/0, the memory 99\/0/)
  })
})

describe('the trial balance', () => {
  const entries = [
    entry(1),
    entry(2, { posted_period: '2026-11' }),
    entry(3, { tenant_id: 'other', currency: 'JPY' }),
    entry(4, awaiting),
  ]

  function reportOf(options: { tenant?: string; period?: string; currency?: string } = {}) {
    const memory = new LedgerMemory()
    memory.restore('closed/demo', Buffer.from('{"period":"2026-09"}'))
    return trialBalanceOf([{ partition: 0, journal: journalOf(entries), memory }], options)
  }

  test('sums by tenant, currency and account, and says what is closed', () => {
    const report = reportOf()
    assert.ok(report.ok && report.balanced && report.equal_to_memory)
    assert.deepEqual(
      report.rows.map(row => [row.tenant_id, row.currency, row.account, row.debit, row.credit]),
      [
        ['demo', 'EUR', 'assets:clearing', '2.00', '0.00'],
        ['demo', 'EUR', 'revenue:rental', '0.00', '2.00'],
        ['other', 'JPY', 'assets:clearing', '100', '0'],
        ['other', 'JPY', 'revenue:rental', '0', '100'],
      ],
    )
    assert.equal(report.awaiting_amount, 1)
    assert.deepEqual(report.closed, [{ tenant_id: 'demo', period: '2026-09' }])
  })

  test('of one month, tenant or currency', () => {
    assert.equal(reportOf({ period: '2026-11' }).rows[0]?.debit_minor, '100')
    assert.deepEqual(
      reportOf({ tenant: 'other' }).totals.map(({ tenant_id }) => tenant_id),
      ['other'],
    )
    assert.deepEqual(reportOf({ currency: 'USD' }).rows, [])
  })

  const counts: [string, { tenant?: string; period?: string; currency?: string }, number[]][] = [
    ['everything', {}, [5, 2, 1]],
    ['one tenant', { tenant: 'other' }, [2, 1, 1]],
    ['another tenant', { tenant: 'demo' }, [3, 1, 0]],
    ['a tenant that is not there', { tenant: 'nosuch' }, [0, 0, 0]],
    ['one month', { period: '2026-11' }, [1, 0, 0]],
    ['one currency, and what may come in it', { currency: 'JPY' }, [3, 2, 1]],
    ['a tenant and a currency', { tenant: 'demo', currency: 'EUR' }, [3, 1, 0]],
  ]
  for (const [what, options, wanted] of counts) {
    test(`counts entries as it sums them: of ${what}`, () => {
      const journal = journalOf([
        entry(1),
        entry(2, { posted_period: '2026-11' }),
        entry(3, { tenant_id: 'other', currency: 'JPY', excess_minor: 1 }),
        entry(4, awaiting),
        entry(5, { ...awaiting, tenant_id: 'other' }),
      ])
      const report = trialBalanceOf(
        [{ partition: 0, journal, memory: new LedgerMemory() }],
        options,
      )
      const { entries: all, awaiting_amount, refund_excesses } = report
      assert.deepEqual([all, awaiting_amount, refund_excesses], wanted)
    })
  }

  test('an amount that came is awaited no more, where its first entry counted', () => {
    const thin = entry(1, awaiting)
    const amount = entry(2, { completes: 'entry-1', posted_period: '2026-11' })
    const journal = journalOf([thin, amount])
    const report = trialBalanceOf([{ partition: 0, journal, memory: new LedgerMemory() }], {
      period: '2026-10',
    })
    assert.deepEqual([report.entries, report.awaiting_amount], [1, 0])
  })

  test('a tenant that is asked for says only what is closed of its own', () => {
    assert.deepEqual(reportOf({ tenant: 'other' }).closed, [])
    assert.equal(reportOf({ tenant: 'demo' }).closed.length, 1)
  })

  const slips: [string, { tenant?: string; currency?: string }, RegExp | null][] = [
    ['nothing', {}, null],
    ['a tenant with entries', { tenant: 'other' }, null],
    ['a tenant of which only a month was closed', { tenant: 'closed' }, null],
    ['a tenant that nothing names', { tenant: 'nosuch' }, /no tenant "nosuch"/],
    ['a currency without entries', { currency: 'USD' }, null],
    ['a currency in lower case', { currency: 'jpy' }, /"jpy" is not in ISO 4217, or not in upper/],
    ['a currency that the journal alone knows', { currency: 'ZZZ' }, null],
  ]
  for (const [what, options, told] of slips) {
    test(`asked for ${what}: ${told === null ? 'a report' : 'wrong usage'}`, () => {
      const memory = new LedgerMemory()
      memory.restore('closed/closed', Buffer.from('{"period":"2026-09"}'))
      const journal = journalOf([...entries, entry(5, { currency: 'ZZZ' })])
      const said = unknownIn([{ partition: 0, journal, memory }], options)
      if (told === null) assert.equal(said, null)
      else assert.match(said ?? '', told)
    })
  }

  test('the memory names a tenant by its sums and by its closed months', () => {
    const memory = new LedgerMemory()
    memory.restore('closed/a', Buffer.from('{"period":"2026-09"}'))
    memory.restore('balance/2026-09/EUR/b/c', Buffer.from('{}'))
    assert.deepEqual(
      ['a', 'b/c', 'b', ''].map(tenant => memory.names(tenant)),
      [true, true, false, false],
    )
  })

  test('is not ok when the memory differs, whatever was asked for', () => {
    const journal = journalOf([entry(1)], memoryOf([]))
    const wrong = journalOf([entry(1)], memoryOf([entry(1, { lines: lines(99) })]))
    const memory = new LedgerMemory()
    assert.equal(trialBalanceOf([{ partition: 0, journal, memory }], {}).ok, true)
    const report = trialBalanceOf([{ partition: 0, journal: wrong, memory }], { tenant: 'none' })
    assert.equal(report.ok, false)
  })

  test('a month is closed when every partition has closed it', () => {
    const memories = ['2026-09', '2026-08'].map(period => {
      const memory = new LedgerMemory()
      memory.restore('closed/demo', Buffer.from(JSON.stringify({ period })))
      return memory
    })
    const of = (some: LedgerMemory[]) =>
      trialBalanceOf(
        some.map((memory, partition) => ({ partition, journal: journalOf([]), memory })),
        {},
      ).closed
    assert.deepEqual(of(memories), [{ tenant_id: 'demo', period: '2026-08' }])
    assert.deepEqual(of([...memories, new LedgerMemory()]), [])
  })
})

describe('minor units as a person writes them', () => {
  const rows: [bigint, string, string][] = [
    [1250n, 'EUR', '12.50'],
    [-1250n, 'EUR', '-12.50'],
    [5n, 'EUR', '0.05'],
    [-5n, 'EUR', '-0.05'],
    [0n, 'EUR', '0.00'],
    [1250n, 'JPY', '1250'],
    [1250n, 'KWD', '1.250'],
    [1n, 'CLF', '0.0001'],
    [9_007_199_254_740_993n, 'EUR', '90071992547409.93'],
    [7n, 'ZZZ', '7'],
  ]
  for (const [minor, currency, text] of rows) {
    test(`${minor} ${currency} is ${text}`, () => assert.equal(majorUnits(minor, currency), text))
  }
})
