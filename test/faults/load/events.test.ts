import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seeded } from '../seeded.ts'
import { buildLoad } from './events.ts'

const nowMs = Date.UTC(2026, 0, 1)
const load = buildLoad('run', 10_000, seeded(1, 'load'), nowMs)

test('a fifth of all deliveries are redeliveries, byte for byte', () => {
  const again = load.deliveries.filter(({ isDuplicate }) => isDuplicate)
  const share = again.length / load.deliveries.length
  assert.ok(share > 0.195 && share < 0.21, String(share))
  const first = new Map(
    load.deliveries.filter(one => !one.isDuplicate).map(({ event, body }) => [event, body]),
  )
  const others = again.filter(({ event, body }) => first.get(event) !== body)
  assert.equal(others.length, load.conflicts)
  assert.ok(load.conflicts > 0)
})

test('a tenth of the events comes behind later ones', () => {
  let newest = ''
  let late = 0
  for (const { body, isDuplicate } of load.deliveries) {
    if (isDuplicate) continue
    const { occurred_at: occurred } = JSON.parse(body) as { occurred_at: string }
    if (occurred < newest) late++
    else newest = occurred
  }
  assert.equal(load.late, late)
  assert.ok(late / load.events > 0.09 && late / load.events < 0.11, String(late))
})

test('every event is delivered, and a seed gives the same deliveries again', () => {
  assert.equal(new Set(load.deliveries.map(({ event }) => event)).size, load.events)
  assert.deepEqual(buildLoad('run', 10_000, seeded(1, 'load'), nowMs), load)
  assert.notDeepEqual(buildLoad('run', 10_000, seeded(2, 'load'), nowMs), load)
})
