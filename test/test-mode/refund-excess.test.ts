// A refund beyond its charge on its whole way: delivered, booked, told to its tenant's alerting, and one
// alert from its opening to its end. What comes twice and what is a test raises none.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { Alert, JournalEntry } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { alertingSink, readDetectorSettings } from '../../services/alerting-sink/src/index.ts'
import { SynchronousPipeline } from './synchronous-pipeline.ts'

const startMs = Date.parse('2026-11-20T08:00:00Z')
const minuteMs = 60_000

class Way {
  readonly pipeline = new SynchronousPipeline()
  #nowMs = startMs

  /** One delivery of an event about charge P1, and a tick of every stage a minute later. */
  send(id: string, action: string, amount: string, mode: string | null = null): string {
    const [verdict = ''] = this.pipeline.send(
      'levy-demo',
      {
        type: `billing.${action}`,
        resourceType: 'payment',
        resourceId: 'P1',
        eventId: id,
        // A delivery that is repeated says the same.
        occurredAt: new Date(startMs).toISOString(),
        nowMs: this.#nowMs,
        data: { amount, currency: 'EUR' },
        mode,
        deliveryId: `${id} ${this.#nowMs}`,
      },
      this.#nowMs,
    )
    this.pass(1)
    return verdict
  }

  pass(minutes: number): void {
    for (let n = 0; n < minutes; n++) this.tickAfter(1)
  }

  tickAfter(minutes: number): void {
    this.#nowMs += minutes * minuteMs
    this.pipeline.tick(this.#nowMs)
  }

  alerts(): Alert[] {
    return this.pipeline
      .outputs(topics.alerting)
      .map(({ value }) => value as Alert)
      .filter(({ detector }) => detector === 'refund-excess')
  }

  inShort(): string[] {
    return this.alerts().map(({ status, dedup_key, observed }) => {
      return `${status} ${dedup_key} ${observed}`
    })
  }
}

const key = 'refund-excess:demo:charge/P1/EUR'

function booked(way: Way): JournalEntry[] {
  return way.pipeline.outputs(topics.accounting).map(({ value }) => value as JournalEntry)
}

test('a refund beyond its charge is booked and opens one alert, which ends when it is covered', () => {
  const way = new Way()
  way.send('c1', 'charge_succeeded', '100.00')
  way.send('r1', 'refund_processed', '100.00')
  way.pass(10)
  assert.deepEqual(way.inShort(), [])
  assert.equal(way.send('r2', 'refund_processed', '12.50'), 'published')
  way.pass(10)
  assert.deepEqual(
    booked(way).map(({ status, excess_minor: beyond }) => [status, beyond]),
    [
      ['BOOKED', null],
      ['BOOKED', null],
      ['BOOKED', 1250],
    ],
  )
  assert.deepEqual(way.inShort(), [`OPEN ${key} 1250`])
  assert.equal(way.alerts()[0]?.details['entry_id'], booked(way)[2]?.entry_id)
  assert.equal(way.send('r2', 'refund_processed', '12.50'), 'duplicate')
  way.pass(60)
  assert.deepEqual(way.inShort(), [`OPEN ${key} 1250`])
  way.send('a1', 'adjustment_posted', '12.50')
  way.pass(20)
  assert.deepEqual(way.inShort(), [`OPEN ${key} 1250`, `RESOLVED ${key} 0`])
})

test('tests raise nothing, neither between live deliveries nor with the id of one', () => {
  const way = new Way()
  way.send('c1', 'charge_succeeded', '100.00')
  way.send('r1', 'refund_processed', '500.00', 'TEST')
  way.send('r1', 'refund_processed', '100.00')
  way.send('r2', 'refund_processed', '500.00', 'TEST')
  way.pass(60)
  assert.deepEqual(way.inShort(), [])
})

test('one that nobody sees to is no longer watched after a week', () => {
  const way = new Way()
  way.send('c1', 'charge_succeeded', '1.00')
  way.send('r1', 'refund_processed', '2.00')
  way.pass(5)
  for (let hour = 0; hour <= 7 * 24; hour += 12) way.tickAfter(12 * 60)
  assert.deepEqual(
    way.alerts().map(({ status, details }) => [status, details['resolution']]),
    [
      ['OPEN', undefined],
      ['RESOLVED', 'given_up'],
    ],
  )
})

test('the signals, replayed, give the same alerts', () => {
  const way = new Way()
  way.send('c1', 'charge_succeeded', '100.00')
  way.send('r1', 'refund_processed', '130.00')
  way.pass(5)
  way.send('r2', 'refund_processed', '5.00')
  way.send('c2', 'charge_succeeded', '35.00')
  way.pass(20)
  assert.deepEqual(way.inShort(), [`OPEN ${key} 3000`, `UPDATED ${key} 3500`, `RESOLVED ${key} 0`])
  const again = driveStage(
    alertingSink({ detectors: readDetectorSettings('infra/alerts/detectors.json') }),
    { partition: 0, partitionCount: 1 },
  )
  for (const signal of way.pipeline.given('alerting-sink')) again.pipe(topics.alertSignals, signal)
  assert.deepEqual(
    again.outputs(topics.alerting).map(({ value }) => value),
    way.pipeline.outputs(topics.alerting).map(({ value }) => value),
  )
})
