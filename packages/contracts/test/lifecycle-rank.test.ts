import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rankOf } from '../src/lifecycle-rank.ts'

// Written down a second time, in the order of the contract's sentence.
const table: Record<string, Record<string, number>> = {
  reservation: { created: 0, updated: 1, accepted: 2, refused: 2, no_show: 3, canceled: 4 },
  rental_session: {
    checkin_started: 0,
    active: 1,
    extended: 2,
    checkout_started: 3,
    completed: 4,
    canceled: 4,
    expired: 4,
  },
  incident: { reported: 0, damage_reported: 0, claim_opened: 1, claim_resolved: 2 },
  violation: { matched: 0, disputed: 1, charged: 2 },
  billing: {
    payment_pre_authorized: 0,
    charge_failed: 1,
    charge_succeeded: 2,
    adjustment_posted: 3,
    refund_processed: 4,
  },
  customer: { created: 0, updated: 1, deleted: 2 },
  location: { created: 0, updated: 1, deleted: 2 },
  vehicle_availability: { window_released: 1, window_blocked: 0, calendar_conflict: 0 },
  vehicle: { state_reported: 1, signal_failed: 1, reauthentication_required: 1 },
}

test('each event type has the rank of its place in the lifecycle', () => {
  for (const [domain, actions] of Object.entries(table)) {
    for (const [action, rank] of Object.entries(actions)) {
      assert.equal(rankOf(`${domain}.${action}`), rank, `${domain}.${action}`)
    }
  }
})

test('a type nobody listed ranks 1, but 0 in vehicle_availability', () => {
  assert.equal(rankOf('reservation.moved'), 1)
  assert.equal(rankOf('booking_moved'), 1)
  assert.equal(rankOf('anything'), 1)
  assert.equal(rankOf('constructor'), 1)
  assert.equal(rankOf('vehicle_availability.moved'), 0)
  assert.equal(rankOf('vehicle_availability_moved'), 0)
  assert.equal(rankOf('vehicle_availabilityx'), 1)
})
