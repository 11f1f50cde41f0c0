import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sampleKinds } from '../../src/demo/samples/sample.ts'
import type { ExpectedRecord } from '../../src/demo/samples/sample.ts'
import { demoStories } from '../../src/demo/samples/stories.ts'
import type { Expectation } from '../../src/verify/model.ts'
import { arrivals, identityOf, run, samples, stories, verificationOf } from './pipeline.ts'

// The filled cells of the catalogue of events, column by column: what the source writes, what it becomes.
const cells: Record<string, readonly (readonly [sourceType: string, eventType: string])[]> = {
  'levy-demo': [
    ['reservation.created', 'reservation.created'],
    ['reservation.updated', 'reservation.updated'],
    ['reservation.canceled', 'reservation.canceled'],
    ['reservation.no_show', 'reservation.no_show'],
    ['rental_session.checkin_started', 'rental_session.checkin_started'],
    ['rental_session.active', 'rental_session.active'],
    ['rental_session.completed', 'rental_session.completed'],
    ['rental_session.canceled', 'rental_session.canceled'],
    ['rental_session.expired', 'rental_session.expired'],
    ['rental_session.checkout_started', 'rental_session.checkout_started'],
    ['vehicle_availability.window_blocked', 'vehicle_availability.window_blocked'],
    ['vehicle_availability.window_released', 'vehicle_availability.window_released'],
    ['vehicle_availability.calendar_conflict', 'vehicle_availability.calendar_conflict'],
    ['incident.damage_reported', 'incident.damage_reported'],
    ['claim.opened', 'incident.claim_opened'],
    ['claim.resolved', 'incident.claim_resolved'],
    ['violation.matched', 'violation.matched'],
    ['violation.disputed', 'violation.disputed'],
    ['violation.charged', 'violation.charged'],
    ['billing.payment_pre_authorized', 'billing.payment_pre_authorized'],
    ['billing.charge_succeeded', 'billing.charge_succeeded'],
    ['billing.charge_failed', 'billing.charge_failed'],
    ['billing.refund_processed', 'billing.refund_processed'],
    ['billing.adjustment_posted', 'billing.adjustment_posted'],
    ['vehicle.command_failed', 'vehicle.command_failed'],
  ],
  'ump-demo': [
    ['booking_created', 'reservation.created'],
    ['booking_updated', 'reservation.updated'],
    ['booking_cancelled', 'reservation.canceled'],
    ['booking_accepted', 'reservation.accepted'],
    ['booking_refused', 'reservation.refused'],
    ['rental_started', 'rental_session.active'],
    ['rental_extended', 'rental_session.extended'],
    ['rental_closed', 'rental_session.completed'],
    ['rental_incident', 'incident.reported'],
    ['payment_pre_authorized', 'billing.payment_pre_authorized'],
    ['payment_captured', 'billing.charge_succeeded'],
    ['payment_failed', 'billing.charge_failed'],
    ['payment_refunded', 'billing.refund_processed'],
    ['customer_created', 'customer.created'],
    ['customer_updated', 'customer.updated'],
    ['customer_deleted', 'customer.deleted'],
    ['location_created', 'location.created'],
    ['location_updated', 'location.updated'],
    ['location_deleted', 'location.deleted'],
  ],
  'smartcar-demo': [
    ['VEHICLE_STATE', 'vehicle.state_reported'],
    ['VEHICLE_STATE', 'vehicle.signal_failed'],
    ['VEHICLE_ERROR', 'vehicle.signal_failed'],
    ['VEHICLE_ERROR', 'vehicle.error_resolved'],
    ['VEHICLE_ERROR', 'vehicle.reauthentication_required'],
    ['schedule', 'vehicle.state_reported'],
    ['scheduled', 'vehicle.state_reported'],
    ['dynamic', 'vehicle.state_reported'],
    ['dynamic', 'vehicle.signal_failed'],
    ['eventBased:vehicle.connected', 'vehicle.state_reported'],
  ],
}

const decided = arrivals()

test('every filled cell of the catalogue is sent by its source and published as it must be', () => {
  const seen = new Set<string>()
  for (const { sample, records } of decided) {
    for (const { end } of records) {
      if (end.verdict !== 'published' || end.event.mode === 'TEST') continue
      if (end.disposition === 'SUPERSEDED') continue
      const { sourceEventType, eventType } = end.event
      seen.add(`${sample.endpointId} ${sourceEventType} ${eventType}`)
    }
  }
  for (const [endpointId, rows] of Object.entries(cells)) {
    for (const [sourceType, eventType] of rows) {
      assert.ok(seen.has(`${endpointId} ${sourceType} ${eventType}`), `${sourceType} ${eventType}`)
    }
  }
})

test('a few hundred samples, of every kind, with one title each', () => {
  assert.ok(samples.length >= 250 && samples.length <= 500, String(samples.length))
  const kinds = new Set(samples.map(({ kind }) => kind))
  assert.deepEqual(
    sampleKinds.filter(kind => !kinds.has(kind)),
    [],
  )
  const titles = samples.map(({ title }) => title)
  assert.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  )
})

test('the same run makes the same bytes, another run shares no id with it', () => {
  assert.deepEqual(demoStories(run), stories)
  for (const { title, body } of samples) {
    assert.ok(Buffer.from(body).includes(run.id), `${title} does not carry the run's id`)
  }
})

test('signatures are what their samples say, under each endpoint’s own adapter', () => {
  const verdicts = {
    valid: 'ok',
    wrong: 'bad_signature',
    none: 'missing_signature',
    stale: 'stale',
  }
  for (const sample of samples) {
    const verification = verificationOf(sample)
    const verdict = verification.ok ? 'ok' : verification.reason
    assert.equal(verdict, verdicts[sample.signing], sample.title)
  }
})

test('what must be refused is wrong in its signature, its size, its encoding or its challenge', () => {
  for (const sample of samples) {
    const { title, expected, signing, body, headers } = sample
    if (expected.answer !== 'refused') {
      assert.equal(signing, 'valid', title)
      assert.ok(body.length <= run.bodyBytesMax, title)
      continue
    }
    if (expected.status === 413) assert.ok(body.length > run.bodyBytesMax, title)
    else if (expected.status === 415) assert.ok('content-encoding' in headers, title)
    else if (signing === 'valid') assert.equal(identityOf(sample).kind, 'challenge_refused', title)
  }
})

test('a signed challenge is read as the challenge it expects an answer to', () => {
  const challenges = samples.filter(({ expected }) => expected.answer === 'challenge')
  assert.equal(challenges.length, 1)
  for (const sample of challenges) {
    const { challenge } = sample.expected as { challenge: string }
    assert.deepEqual(identityOf(sample), { kind: 'challenge', challenge })
  }
})

function summaryOf(end: Expectation): object {
  if (end.verdict === 'duplicate') return { verdict: 'duplicate' }
  if (end.verdict === 'dead_letter') return { verdict: 'dead_letter', code: end.code }
  const { disposition, event } = end
  const { domain, eventType, mode } = event
  return { verdict: 'published', domain, eventType, mode, disposition }
}

function withoutSinks(expected: ExpectedRecord): object {
  if (expected.verdict !== 'published') return expected
  const { crm: _, accounting: __, ...rest } = expected
  return rest
}

test('every accepted sample is decided as it declares, part by part', () => {
  for (const { sample, records } of decided) {
    assert.ok(sample.expected.answer === 'accepted')
    const ends = records.map(({ end }) => summaryOf(end))
    assert.deepEqual(ends, sample.expected.records.map(withoutSinks), sample.title)
  }
})

test('no two stories are about the same resource, so they may be sent at the same time', () => {
  const owners = new Map<string, string>()
  const storyOf = new Map(
    stories.flatMap(story => story.samples.map(({ title }) => [title, story.title] as const)),
  )
  for (const { sample, records } of decided) {
    const story = storyOf.get(sample.title) ?? ''
    for (const { raw } of records) {
      assert.equal(owners.get(raw.key) ?? story, story, raw.key)
      owners.set(raw.key, story)
    }
  }
})

test('at least five no-shows of the tenant happened within fifteen minutes', () => {
  const times = decided
    .flatMap(({ records }) => records.map(({ end }) => end))
    .filter(end => end.verdict === 'published')
    .filter(({ event }) => event.eventType === 'reservation.no_show' && event.mode === 'LIVE')
    .map(({ event }) => event.occurredAt)
  assert.ok(times.length >= 5)
  assert.ok(Math.max(...times) - Math.min(...times) < 15 * 60_000_000)
  assert.ok(Math.max(...times) <= run.nowMs * 1000)
})

test('one body is 50 KB', () => {
  const [large, ...more] = samples.filter(({ kind }) => kind === 'large body')
  assert.deepEqual(more, [])
  assert.ok(large !== undefined && large.body.length >= 50_000 && large.body.length < 51_000)
})
