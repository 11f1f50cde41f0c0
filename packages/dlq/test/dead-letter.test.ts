import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { deadLetterOf, retryDelayMs, taskRetry } from '../src/index.ts'

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')
const origin = {
  topic: 't',
  partition: 3,
  offset: 42,
  timestampMs: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from([1, 2, 3]),
  headers: { a: Buffer.from('1') },
}

test('a dead letter keeps the whole record and says why', () => {
  const failure = { code: 'BAD_TIME', message: 'no time', tenantId: 'demo', body: Buffer.from('b') }
  const letter = deadLetterOf('processor', origin, failure, 5, 'trace', sha256Hex)
  assert.deepEqual(letter.origin, { topic: 't', partition: 3, offset: 42 })
  assert.equal(letter.origin_timestamp, 1_700_000_000_000_000)
  assert.deepEqual(letter.origin_value, Buffer.from([1, 2, 3]))
  assert.deepEqual(letter.origin_headers, [{ name: 'a', value: Buffer.from('1') }])
  assert.equal(letter.attempt, 1)
  assert.equal(letter.tenant_id, 'demo')
  assert.equal(letter.event_id, null)
  assert.equal(letter.dead_letter_id.length, 32)
})

test('its id depends on stage and origin alone', () => {
  const failure = { code: 'X', message: 'm' }
  const id = (stage: string, offset: number, at: number): string =>
    deadLetterOf(stage, { ...origin, offset }, failure, at, null, sha256Hex).dead_letter_id
  assert.equal(id('processor', 1, 5), id('processor', 1, 6))
  assert.notEqual(id('processor', 1, 5), id('processor', 2, 5))
  assert.notEqual(id('processor', 1, 5), id('crm-sink', 1, 5))
})

test('a parser’s message about megabytes of input is cut', () => {
  const failure = { code: 'X', message: 'x'.repeat(100_000), causes: ['y'.repeat(100_000)] }
  const letter = deadLetterOf('processor', origin, failure, 5, null, sha256Hex)
  assert.equal(letter.error_message.length, 1000)
  assert.equal(letter.causes[0]?.length, 1000)
})

test('retries wait longer each time, jittered over the upper half, up to five seconds', () => {
  const rows: [attempt: number, chance: number, ms: number][] = [
    [1, 0, 50],
    [1, 1, 100],
    [2, 1, 200],
    [6, 1, 3200],
    [7, 1, 5000],
    [7, 0, 2500],
    [1000, 1, 5000],
  ]
  for (const [attempt, chance, ms] of rows) {
    assert.equal(retryDelayMs(taskRetry, attempt, chance), ms)
  }
})
