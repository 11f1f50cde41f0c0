// Attributes that were written as bytes give the very message that their texts give.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { RawDelivery, UnmappedEvent } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import { normalize, normalizeEncoded } from '@fleet/sources'
import fc from 'fast-check'

import type { NormalizedEvent } from '../src/core/normalized-event.ts'
import { toEvent } from '../src/core/to-event.ts'
import { rawOf, sent } from './kit.ts'

const topic = topics.events.unmapped
const lineage = {
  raw_topic: 'raw',
  raw_partition: 0,
  raw_offset: 1,
  raw_timestamp: 2,
  delivery_id: 'd',
  part_index: 0,
  channel: 'WEBHOOK',
  provenance_key_id: 'p1',
} as const

function encoded(codec: Codec, event: NormalizedEvent): Buffer {
  const value = toEvent(event, {
    disposition: 'CURRENT',
    effectiveAt: 1,
    receivedAt: 2,
    processedAt: 3,
    lineage,
    signals: undefined,
  })
  return Buffer.from(codec.encode(topic, value))
}

function rawWith(data: Record<string, unknown>): RawDelivery {
  const raw = rawOf(sent({ appended: 0, type: 'moon.landed' }))
  const occurred_at = Date.UTC(2026, 10, 22) * 1000
  return { ...raw, occurred_at, body: Buffer.from(JSON.stringify({ data })) }
}

async function loadedCodec(): Promise<Codec> {
  const codec = await openCodec({
    registry: memoryRegistry(),
    cacheFile: null,
    clock: systemClock,
  })
  await codec.load([topic])
  return codec
}

/** Both messages of one body, and whether its attributes were written as bytes. */
function bothOf(
  codec: Codec,
  raw: RawDelivery,
): { bytes: Buffer; texts: Buffer; inBytes: boolean } {
  const one = normalizeEncoded(raw, undefined, platform)
  const other = normalize(raw, undefined, platform)
  assert.ok(one.ok && other.ok)
  const { attributes, attributesJson, ...rest } = other.event
  const whole = { ...rest, attributes: { record: attributes, encoded: null, json: attributesJson } }
  assert.equal(one.event.attributes.json, attributesJson)
  return {
    bytes: encoded(codec, one.event),
    texts: encoded(codec, whole),
    inBytes: one.event.attributes.encoded !== null,
  }
}

const names = fc.oneof(
  fc.constantFrom('a', 'b', 'lines', '\ufeffmark', 'Straße', '\u{1f600}', 'n'.repeat(64), ''),
  fc.string({ maxLength: 80 }),
)
const values = fc.oneof(
  fc.constantFrom<unknown>('', 'x', null, true, 1e21, 'é', '\u{1f600}', {}, []),
  fc.integer(),
  // Around lengths that take one, two or three bytes.
  fc.integer({ min: 55, max: 70 }).map(length => 'y'.repeat(length)),
  fc.integer({ min: 8180, max: 8200 }).map(length => 'ü'.repeat(length / 2)),
  fc.array(fc.string({ maxLength: 10 }), { maxLength: 4 }),
)

test('a message of attributes in bytes is the message of their texts', async () => {
  const codec = await loadedCodec()
  let inBytes = 0
  fc.assert(
    fc.property(fc.dictionary(names, values, { maxKeys: 12 }), data => {
      const both = bothOf(codec, rawWith(data))
      assert.deepEqual(both.bytes, both.texts)
      if (both.inBytes) inBytes++
    }),
    { numRuns: 1000 },
  )
  assert.ok(inBytes > 400, String(inBytes))
})

test('so it is where there are many, where there are none, and where one fills all memory', async () => {
  const codec = await loadedCodec()
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`n${index}`, index]))
  const top = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`t${index}`, 'x']))
  const rows: object[] = [{ ...top, data: many }, { data: {} }, { data: { a: 'z'.repeat(60_000) } }]
  for (let turn = 0; turn < 50; turn++) {
    for (const body of rows) {
      const raw = { ...rawWith({}), body: Buffer.from(JSON.stringify(body)) }
      const both = bothOf(codec, raw)
      assert.ok(both.inBytes)
      assert.deepEqual(both.bytes, both.texts)
    }
  }
})

test('what was written stays as it was when more is written', async () => {
  const codec = await loadedCodec()
  const bodies = Array.from({ length: 300 }, (_, index) => ({ at: index, text: 'w'.repeat(index) }))
  const events = bodies.map(body => normalizeEncoded(rawWith(body), undefined, platform))
  for (const [index, result] of events.entries()) {
    assert.ok(result.ok)
    const bytes = encoded(codec, result.event)
    await codec.prepare([bytes])
    const { attributes } = codec.decode(topic, bytes) as UnmappedEvent
    const expected = { 'data.at': String(index), 'data.text': `"${'w'.repeat(index)}"` }
    assert.deepEqual({ ...attributes }, expected)
    assert.deepEqual(result.event.attributes.record, expected)
  }
})

test('however large attributes are, the memory they stand in is bounded', () => {
  let largest = 0
  for (let turn = 0; turn < 1500; turn++) {
    const size = [10, 4000, 10, 10_000, 60_000][turn % 5] ?? 0
    const result = normalizeEncoded(rawWith({ a: 'v'.repeat(size) }), undefined, platform)
    assert.ok(result.ok)
    largest = Math.max(largest, result.event.attributes.encoded?.bytes.length ?? 0)
  }
  // What the largest needs if every byte of it grew as a number can.
  assert.ok(largest > 60_000 && largest < 400_000, String(largest))
})

test('a message that does not fit names the field that does not, never attributes in bytes', async () => {
  const codec = await loadedCodec()
  const result = normalizeEncoded(rawWith({ a: 1 }), undefined, platform)
  assert.ok(result.ok)
  const wrong = { ...result.event, eventType: 5 } as unknown as NormalizedEvent
  assert.throws(() => encoded(codec, wrong), /Not a UnmappedEvent: event_type$/)
})
