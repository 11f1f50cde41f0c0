import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { elements, isJsonObject, member, parseStrictJson } from '../src/strict-json.ts'

const parse = (text: string): ReturnType<typeof parseStrictJson> =>
  parseStrictJson(Buffer.from(text), platform)

const refused: readonly [string, string | readonly number[]][] = [
  ['nothing', ''],
  ['a trailing comma', '{"a":1,}'],
  ['a comment', '{}//'],
  ['NaN', 'NaN'],
  ['two values', '{}{}'],
  ['a NUL at the end', '{}\0'],
  ['an invalid byte inside a text', [0x22, 0xff, 0x22]],
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ['two byte order marks', [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x31]],
  ['65 levels of lists', '['.repeat(65) + ']'.repeat(65)],
  ['65 levels of objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65)],
  ['100 000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['an unclosed depth', '['.repeat(200_000)],
]
for (const [name, body] of refused) {
  test(`not JSON to us: ${name}`, () => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body)
    assert.deepEqual(parseStrictJson(bytes, platform), { ok: false })
  })
}

test('64 levels are read', () => {
  assert.equal(parse('['.repeat(64) + '1' + ']'.repeat(64)).ok, true)
})

test('the last duplicate key wins', () => {
  assert.deepEqual(parse('{"a":1,"a":2}'), { ok: true, value: { a: 2 } })
})

test('__proto__ is an own member and pollutes nothing', () => {
  const reading = parse('{"__proto__":{"polluted":true}}')
  assert.ok(reading.ok)
  assert.deepEqual(member(reading.value, '__proto__'), { polluted: true })
  assert.equal(member(reading.value, 'polluted'), undefined)
  assert.equal('polluted' in {}, false)
})

test('a byte order mark is skipped', () => {
  assert.deepEqual(parse('\ufeff{"a":1}'), { ok: true, value: { a: 1 } })
})

test('members are own ones of objects only', () => {
  assert.equal(member({}, 'toString'), undefined)
  assert.equal(member([1], 'length'), undefined)
  assert.equal(member('text', 'length'), undefined)
  assert.equal(member(undefined, 'a'), undefined)
  assert.deepEqual(elements({ length: 1 }), [])
  assert.equal(isJsonObject([]), false)
  assert.equal(isJsonObject(null), false)
})

test('whatever JSON.stringify writes is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      const text = JSON.stringify(value)
      assert.deepEqual(parse(text), { ok: true, value: JSON.parse(text) as unknown })
    }),
  )
})

test('reading never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      parseStrictJson(bytes, platform)
    }),
  )
})
