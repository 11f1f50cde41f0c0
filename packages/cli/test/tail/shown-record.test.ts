import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRegistry, openCodec, registerSchemas } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { SecurityEvent } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { fakeTerminal } from '../fake-terminal.ts'
import { renderRecord } from '../../src/tail/render-record.ts'
import { decodeRecords, jsonOf } from '../../src/tail/shown-record.ts'

const event: SecurityEvent = {
  reason: 'bad_signature',
  endpoint_id: 'levy-demo',
  tenant_id: 'demo',
  remote_ip: '127.0.0.1',
  method: 'POST',
  path: '/v1/hooks/levy-demo',
  headers: {},
  body_sha256: Buffer.alloc(32, 1),
  body_bytes: 12,
  count: 1,
  first_at: 1_767_225_600_000_000,
  last_at: 1_767_225_600_000_000,
}

async function codecWithSchemas() {
  const registry = memoryRegistry()
  await registerSchemas(registry, [topics.security])
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  await codec.load([topics.security])
  return codec
}

function record(value: Buffer | null, headers: Record<string, Buffer> = {}): InRecord {
  const { name: topic } = topics.security
  const key = Buffer.from('levy-demo')
  return { topic, partition: 3, offset: 9, timestampMs: 1_767_225_600_123, key, value, headers }
}

test('a value is decoded, bytes are base64, times stay numbers', async () => {
  const codec = await codecWithSchemas()
  const framed = codec.encode(topics.security, event)
  const [shown] = await decodeRecords(codec, topics.security, [record(framed)])
  assert.deepEqual(JSON.parse(JSON.stringify(shown)), {
    topic: topics.security.name,
    partition: 3,
    offset: 9,
    timestamp: 1_767_225_600_123,
    key: 'levy-demo',
    headers: {},
    value: { ...event, body_sha256: Buffer.alloc(32, 1).toString('base64') },
  })
})

test('a tombstone is null; a private value is base64', async () => {
  const codec = await codecWithSchemas()
  const [tombstone] = await decodeRecords(codec, topics.state, [record(null)])
  assert.equal(tombstone?.value, null)
  const bytes = Buffer.from('private')
  const [internal] = await decodeRecords(codec, topics.changelogs.processor, [record(bytes)])
  assert.equal(internal?.value, bytes.toString('base64'))
  assert.equal(internal?.undecodable, undefined)
})

test('what can not be decoded is shown all the same, with the reason', async () => {
  const codec = await codecWithSchemas()
  const garbage = Buffer.from('{"not":"avro"}')
  const unknownSchema = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1])
  const shown = await decodeRecords(codec, topics.security, [
    record(garbage),
    record(unknownSchema),
  ])
  for (const [index, bytes] of [garbage, unknownSchema].entries()) {
    assert.equal(shown[index]?.value, bytes.toString('base64'))
    assert.ok((shown[index]?.undecodable ?? '').length > 0)
  }
})

test('headers are text, but a MAC and what is not text are base64', async () => {
  const codec = await codecWithSchemas()
  const mac = Buffer.alloc(32, 0x41)
  const headers = {
    fleet_mac: mac,
    ce_id: Buffer.from('é'),
    binary: Buffer.from([0xff, 0xfe]),
    control: Buffer.from([0x01]),
  }
  const [shown] = await decodeRecords(codec, topics.state, [record(null, headers)])
  assert.deepEqual(shown?.headers, {
    fleet_mac: mac.toString('base64'),
    ce_id: 'é',
    binary: '//4=',
    control: 'AQ==',
  })
})

test('a map may have any key', () => {
  const value = { map: Object.fromEntries([['__proto__', Buffer.from('x')]]) }
  assert.equal(JSON.stringify(jsonOf(value)), '{"map":{"__proto__":"eA=="}}')
})

test('a person sees time, key and coordinates first', async () => {
  const codec = await codecWithSchemas()
  const [shown] = await decodeRecords(codec, topics.state, [record(null)])
  assert.ok(shown)
  const text = renderRecord(fakeTerminal().colors, shown)
  assert.match(text, /^2026-01-01T00:00:00\.123Z levy-demo \S+ 3@9\n {2}\(tombstone\)\n$/)
})
