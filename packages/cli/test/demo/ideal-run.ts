// A run in which everything went as the samples declare: the answers, and every record the topics hold.
// Tests spoil one thing in it and see whether the reconciliation finds it.

import assert from 'node:assert/strict'
import { stageNames, topics } from '@fleet/contracts'
import type { Coordinates, DeadLetter, StageName, Topic } from '@fleet/contracts'
import type { NormalizedEvent } from '@fleet/sources'

import { Evidence } from '../../src/demo/reconcile/evidence.ts'
import type { Sent } from '../../src/demo/reconcile/sent.ts'
import type { ExpectedEvent } from '../../src/demo/samples/sample.ts'
import { arrivals, partitionCount, run, samples } from './pipeline.ts'

export interface WrittenRecord {
  topic: Topic
  partition: number
  offset: number
  key: string
  value: Record<string, unknown>
}

export class IdealRun {
  readonly sent: Sent[]
  readonly records: WrittenRecord[] = []
  /** Stages that have processed nothing. */
  readonly stuck = new Set<StageName>()
  readonly #ends = new Map<string, number>()

  constructor() {
    for (const { sample, records } of arrivals()) {
      for (const [part, { partition, raw, end }] of records.entries()) {
        const { key, delivery } = raw
        const origin = this.write(topics.raw, partition, key, { ...delivery })
        assert.equal(origin.offset, raw.offset)
        assert.ok(sample.expected.answer === 'accepted')
        const expected = sample.expected.records[part]
        if (end.verdict === 'dead_letter') {
          this.#deadLetter('processor', origin, key, end.code)
        } else if (end.verdict === 'published' && expected?.verdict === 'published') {
          this.#publish(origin, key, delivery.delivery_id, end.event, expected)
        }
      }
    }
    this.write(topics.alertSignals, 0, 'tick/0', {
      kind: 'TICK',
      tick_at: run.nowMs * 1000,
      origin: null,
    })
    this.write(topics.alerting, 0, run.tenantId, {
      dedup_key: `no-show-spike:${run.tenantId}`,
      status: 'OPEN',
      tenant_id: run.tenantId,
    })
    this.sent = samples.map(sample => {
      const { expected, title } = sample
      const isStored = expected.answer === 'accepted'
      return {
        sample,
        status: expected.answer === 'refused' ? expected.status : 200,
        deliveryId: isStored ? title : null,
        records: isStored ? expected.records.length : null,
        isChallengeRight: expected.answer === 'challenge' ? true : null,
      }
    })
  }

  write(topic: Topic, partition: number, key: string, value: Record<string, unknown>): Coordinates {
    const name = `${topic.name}-${partition}`
    const offset = this.#ends.get(name) ?? 0
    this.#ends.set(name, offset + 1)
    this.records.push({ topic, partition, offset, key, value })
    return { topic: topic.name, partition, offset }
  }

  /** The record of a topic that has this title's delivery as its origin. */
  eventOf(title: string): WrittenRecord {
    const found = this.records.find(({ topic, value }) => {
      const lineage = value['lineage'] as { delivery_id: string } | undefined
      return topic.logical.startsWith('events.') && lineage?.delivery_id === title
    })
    assert.ok(found !== undefined, title)
    return found
  }

  rawOf(title: string): WrittenRecord {
    const found = this.records.find(
      ({ topic, value }) => topic === topics.raw && value['delivery_id'] === title,
    )
    assert.ok(found !== undefined, title)
    return found
  }

  /** The record of a sink that comes from an event. */
  outputOf(topic: Topic, event: WrittenRecord): WrittenRecord {
    const found = this.records.find(record => {
      const origin = record.value['origin'] as Coordinates | undefined
      return (
        record.topic === topic &&
        origin?.topic === event.topic.name &&
        origin.partition === event.partition &&
        origin.offset === event.offset
      )
    })
    assert.ok(found !== undefined)
    return found
  }

  remove(record: WrittenRecord): void {
    this.records.splice(this.records.indexOf(record), 1)
  }

  /** The same record once more, behind everything else of its partition. */
  repeat({ topic, partition, key, value }: WrittenRecord): void {
    this.write(topic, partition, key, { ...value })
  }

  evidence(): Evidence {
    const deliveryIds = new Set(this.sent.flatMap(({ deliveryId }) => deliveryId ?? []))
    const evidence = new Evidence({ id: run.id, tenantId: run.tenantId, deliveryIds })
    for (const { topic, partition, offset, key, value } of this.records) {
      evidence.file(topic, { topic: topic.name, partition, offset, key }, value)
    }
    const positions = Object.fromEntries(
      [topics.raw, topics.alertSignals, ...Object.values(topics.events)].map(topic => [
        topic.name,
        100_000,
      ]),
    )
    for (const stage of stageNames.filter(name => !this.stuck.has(name))) {
      for (let partition = 0; partition < partitionCount; partition++) {
        evidence.fileProgress(stage, partition, positions)
      }
    }
    return evidence
  }

  #deadLetter(stage: 'processor', origin: Coordinates, key: string, code: string): void {
    const letter: Partial<DeadLetter> = { stage, error_code: code, origin }
    this.write(topics.deadLetters[stage], origin.partition, key, letter)
  }

  #publish(
    raw: Coordinates,
    key: string,
    deliveryId: string,
    event: NormalizedEvent,
    expected: ExpectedEvent,
  ): void {
    const { partition } = raw
    const origin = this.write(topics.events[event.domain], partition, key, {
      event_id: event.eventId,
      event_type: event.eventType,
      mode: event.mode,
      disposition: expected.disposition,
      effective_at: event.occurredAt,
      lineage: { raw_partition: partition, raw_offset: raw.offset, delivery_id: deliveryId },
    })
    const { crm, accounting } = expected
    if (crm !== null) {
      this.write(topics.crm, partition, key, { action: crm, event_id: event.eventId, origin })
    }
    if (accounting !== null) {
      const lines = accounting === 'BOOKED' ? balanced : []
      const entry = { status: accounting, event_id: event.eventId, lines, origin }
      this.write(topics.accounting, partition, key, entry)
    }
    if (event.eventType === 'reservation.no_show' && event.mode === 'LIVE') {
      const signal = { kind: 'EVENT', event_id: event.eventId, tick_at: null, origin }
      this.write(topics.alertSignals, 0, run.tenantId, signal)
    }
  }
}

const balanced = [
  { account: 'assets:clearing', side: 'DEBIT', amount_minor: 100 },
  { account: 'revenue:rental', side: 'CREDIT', amount_minor: 100 },
]
