import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'

import { decidingTick, noShowCountFor } from '../../src/demo/reconcile/no-show-alert.ts'
import { figuresOf, total } from '../../src/demo/reconcile/figures.ts'
import { reconcile } from '../../src/demo/reconcile/reconcile.ts'
import { IdealRun } from './ideal-run.ts'
import { run } from './pipeline.ts'

const charge = `levy billing.charge_succeeded C-${run.id}-1`
/** No sink takes it. */
const location = `ump location_created L-${run.id}-401`
const noShow = `levy reservation.no_show R-${run.id}-801`
const repeated = 'levy the same bytes again'
const malformed = 'levy malformed JSON: cut off'
const badSignature = 'ump bad signature'

function complaintsOf(spoil: (ideal: IdealRun) => void): string[] {
  const ideal = new IdealRun()
  spoil(ideal)
  return reconcile(ideal.sent, ideal.evidence(), run).map(
    ({ sample, detail }) => `${sample ?? '-'}: ${detail}`,
  )
}

test('a run that went as declared has no complaint', () => {
  assert.deepEqual(
    complaintsOf(() => {}),
    [],
  )
})

const cases: readonly (readonly [
  rule: string,
  sample: string,
  spoil: (ideal: IdealRun) => void,
  complaint: RegExp,
])[] = [
  [
    'an accepted delivery without a raw record',
    malformed,
    ideal => ideal.remove(ideal.rawOf(malformed)),
    /has 0 raw records, must be 1/,
  ],
  [
    'a raw record written twice',
    charge,
    ideal => ideal.repeat(ideal.rawOf(charge)),
    /has 2 raw records, must be 1/,
  ],
  [
    'an event that is missing',
    location,
    ideal => ideal.remove(ideal.eventOf(location)),
    /lost, must be published/,
  ],
  [
    'an event published twice',
    charge,
    ideal => ideal.repeat(ideal.eventOf(charge)),
    /published and published, must be published/,
  ],
  [
    'a duplicate that was published',
    repeated,
    ideal => {
      const { partition, offset } = ideal.rawOf(repeated)
      const { topic, key, value } = ideal.eventOf(`levy reservation.created R-${run.id}-600`)
      const lineage = { raw_partition: partition, raw_offset: offset, delivery_id: repeated }
      ideal.write(topic, partition, key, { ...value, lineage })
    },
    /published, must be duplicate/,
  ],
  [
    'a dead letter of another code',
    malformed,
    ideal => {
      const { partition, offset } = ideal.rawOf(malformed)
      for (const { topic, value } of ideal.records) {
        const origin = value['origin'] as { partition: number; offset: number } | undefined
        if (topic !== topics.deadLetters.processor || origin === undefined) continue
        const isIts = origin.partition === partition && origin.offset === offset
        if (isIts) value['error_code'] = 'BAD_TIME'
      }
    },
    /BAD_TIME, must be UNIDENTIFIED/,
  ],
  [
    'a wrong disposition',
    charge,
    ideal => void (ideal.eventOf(charge).value['disposition'] = 'SUPERSEDED'),
    /is SUPERSEDED, must be CURRENT/,
  ],
  [
    'a wrong type',
    charge,
    ideal => void (ideal.eventOf(charge).value['event_type'] = 'billing.charge_failed'),
    /is billing.charge_failed, must be billing.charge_succeeded/,
  ],
  [
    'a missing journal entry',
    charge,
    ideal => ideal.remove(ideal.outputOf(topics.accounting, ideal.eventOf(charge))),
    /accounting of .* is nothing, must be BOOKED/,
  ],
  [
    'a journal entry booked twice',
    charge,
    ideal => ideal.repeat(ideal.outputOf(topics.accounting, ideal.eventOf(charge))),
    /accounting of .* is BOOKED and BOOKED, must be BOOKED/,
  ],
  [
    'an entry that is not balanced',
    charge,
    ideal => {
      const entry = ideal.outputOf(topics.accounting, ideal.eventOf(charge))
      entry.value['lines'] = [{ account: 'a', side: 'DEBIT', amount_minor: 1 }]
    },
    /is not balanced/,
  ],
  [
    'a CRM record of another action',
    noShow,
    ideal => {
      ideal.outputOf(topics.crm, ideal.eventOf(noShow)).value['action'] = 'HISTORY'
    },
    /crm of .* is HISTORY, must be UPSERT/,
  ],
  [
    'an event that a sink refused',
    charge,
    ideal => {
      const { topic, partition, offset, key } = ideal.eventOf(charge)
      const origin = { topic: topic.name, partition, offset }
      const letter = { stage: 'accounting-sink', error_code: 'BAD_AMOUNT', origin }
      ideal.write(topics.deadLetters['accounting-sink'], partition, key, letter)
    },
    /dead letter of accounting-sink BAD_AMOUNT/,
  ],
  [
    'a bad signature that was accepted',
    badSignature,
    ideal => {
      const sent = ideal.sent.find(({ sample }) => sample.title === badSignature)
      assert.ok(sent !== undefined)
      sent.status = 200
    },
    /answered 200, must be 401/,
  ],
  [
    'a challenge answered with a wrong proof',
    'smartcar signed challenge',
    ideal => {
      const sent = ideal.sent.find(({ isChallengeRight }) => isChallengeRight === true)
      assert.ok(sent !== undefined)
      sent.isChallengeRight = false
    },
    /answered with a wrong proof/,
  ],
]

for (const [rule, sample, spoil, complaint] of cases) {
  test(`found: ${rule}`, () => {
    const complaints = complaintsOf(spoil)
    assert.equal(complaints.length, 1, complaints.join('\n'))
    assert.match(complaints[0] ?? '', complaint)
    assert.ok(complaints[0]?.startsWith(`${sample}: `), complaints[0])
  })
}

test('found: a raw record of the run that no answer named', () => {
  const complaints = complaintsOf(ideal => {
    const { topic, partition, key, value } = ideal.rawOf(charge)
    ideal.write(topic, partition, key, { ...value, delivery_id: 'never-answered' })
  })
  assert.equal(complaints.length, 1)
  assert.match(complaints[0] ?? '', /no answer named its delivery/)
})

test('found: a sink record whose event is not there', () => {
  const complaints = complaintsOf(ideal => {
    const { topic, partition, key, value } = ideal.outputOf(topics.crm, ideal.eventOf(noShow))
    const origin = { ...(value['origin'] as object), offset: 9999 }
    ideal.write(topic, partition, key, { ...value, origin })
  })
  assert.equal(complaints.length, 1)
  assert.match(complaints[0] ?? '', /which is not of this run/)
})

test('what no stage has processed is said to be so, not lost', () => {
  const complaints = complaintsOf(ideal => {
    ideal.stuck.add('processor')
    ideal.remove(ideal.eventOf(charge))
  })
  assert.ok(complaints.some(text => /^levy billing.* not processed, must be published$/.test(text)))
  assert.ok(!complaints.some(text => text.includes('lost')))
})

test('the alert counts whether this run opened it, raised it, or found it open', () => {
  for (const status of ['OPEN', 'UPDATED']) {
    assert.deepEqual(
      complaintsOf(ideal => {
        for (const { topic, value } of ideal.records) {
          if (topic === topics.alerting) value['status'] = status
        }
      }),
      [],
    )
  }
  const resolved = complaintsOf(ideal => {
    ideal.repeat({ ...alertOf(ideal), value: { ...alertOf(ideal).value, status: 'RESOLVED' } })
  })
  assert.deepEqual(resolved, ['-: the alert no-show-spike:demo is RESOLVED, must be open'])
  const missing = complaintsOf(ideal => ideal.remove(alertOf(ideal)))
  assert.deepEqual(missing, ['-: there is no alert no-show-spike:demo'])
})

function alertOf(ideal: IdealRun) {
  const alert = ideal.records.find(({ topic }) => topic === topics.alerting)
  assert.ok(alert !== undefined)
  return alert
}

test('the deciding tick is the first one behind all no-shows and not before their time', () => {
  const ideal = new IdealRun()
  assert.equal(decidingTick(ideal.evidence())?.value.kind, 'TICK')
  const tick = ideal.records.find(({ value }) => value['kind'] === 'TICK')
  assert.ok(tick !== undefined)
  tick.value['tick_at'] = (run.nowMs - 3_600_000) * 1000
  assert.equal(decidingTick(ideal.evidence()), null)
  ideal.remove(tick)
  assert.equal(decidingTick(ideal.evidence()), null)
})

test('an alert that has long been open is raised by more no-shows than it counted', () => {
  const minutesAgo = (minutes: number, status: string, observed: number): number => {
    const opened = new Date(run.nowMs - minutes * 60_000).toISOString()
    const alert = { status, observed, details: { opened_at: opened } } as unknown as Alert
    return noShowCountFor(alert, run.nowMs)
  }
  assert.equal(noShowCountFor(null, run.nowMs), 6)
  assert.equal(minutesAgo(3, 'OPEN', 6), 6)
  assert.equal(minutesAgo(20, 'OPEN', 6), 7)
  assert.equal(minutesAgo(20, 'UPDATED', 31), 32)
  assert.equal(minutesAgo(20, 'UPDATED', 3000), 60)
  assert.equal(minutesAgo(50, 'RESOLVED', 0), 6)
})

test('the figures of a run are counted from its records, and raw adds up', () => {
  const ideal = new IdealRun()
  const figures = figuresOf(ideal.sent, ideal.evidence(), new Map())
  const { sent, accepted, refused, rawRecords, published, duplicates, deadLettersByCode } = figures
  assert.equal(sent, accepted + refused)
  assert.equal(rawRecords, total(published) + duplicates + total(deadLettersByCode))
  assert.ok(Object.values(published).every(count => count > 0))
  assert.deepEqual(deadLettersByCode, { BAD_TIME: 1, ID_CONFLICT: 2, UNIDENTIFIED: 4 })
  assert.deepEqual(Object.keys(figures.crmByAction), ['ERASE', 'HISTORY', 'UPSERT'])
  assert.deepEqual(Object.keys(figures.entriesByStatus), ['AWAITING_AMOUNT', 'BOOKED'])
  assert.ok(figures.balanced)
  assert.deepEqual(figures.alertsByStatus, { OPEN: 1 })
  assert.equal(total(figuresOf(ideal.sent, ideal.evidence(), new Map([[0, 1]])).alertsByStatus), 0)
})
