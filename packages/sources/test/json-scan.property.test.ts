import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { canonicalJson } from '../src/canonical-json.ts'
import { JsonScanner } from '../src/json-scan.ts'
import { bodyBytesMax } from '../src/json-tape.ts'
import { parseStrictJson } from '../src/strict-json.ts'
import { plainJson, slipped } from './plain-texts.ts'

const scanner = new JsonScanner()

/** Null: left to JSON.parse. Wherever in its memory the body lies, it is read the same. */
function scanned(text: string | Uint8Array): string | null {
  const body = Buffer.from(text)
  // Up to the last byte of its memory: nothing behind it may be touched.
  const alone = read(new Uint8Array(body))
  const amid = Buffer.concat([Buffer.from('"x'), body, Buffer.from('"yz')])
  assert.equal(read(amid.subarray(2, 2 + body.length)), alone)
  return alone
}

function read(bytes: Uint8Array): string | null {
  const tape = scanner.read(bytes, platform)
  if (tape === null) return null
  const into = new Uint8Array(tape.room(0))
  const end = tape.write(0, { bytes: into, view: new DataView(into.buffer) }, 0)
  assert.ok(end <= into.length)
  return Buffer.from(into.subarray(0, end)).toString()
}

/** As JSON.parse and the general way have it. */
function expected(text: string | Uint8Array): string | null {
  const parsed = parseStrictJson(Buffer.from(text), platform)
  return parsed.ok ? canonicalJson(parsed.value) : null
}

test('every JSON text without escapes is read, and its canonical text is that of JSON.parse', () => {
  fc.assert(
    fc.property(plainJson, text => {
      assert.equal(scanned(text), expected(text))
      // Shapes are guessed the second time.
      assert.equal(scanned(text), expected(text))
    }),
    { numRuns: 5000 },
  )
})

/** With as many digits as a double has, give or take some; many of them just beside a power of two. */
const long = fc
  .record({
    whole: fc.oneof(
      fc.integer({ min: 0, max: 99_999 }),
      fc.nat({ max: 17 }).chain(power => fc.constantFrom(2 ** power - 1, 2 ** power)),
      fc.integer({ min: 100_000, max: 2 ** 40 }),
    ),
    digits: fc.integer({ min: 13, max: 18 }),
    fraction: fc.oneof(
      fc.string({
        unit: fc.constantFrom(...'0 1 2 3 4 5 6 7 8 9'.split(' ')),
        minLength: 18,
        maxLength: 18,
      }),
      fc.constant('9'.repeat(18)),
      fc.tuple(fc.nat({ max: 99 }), fc.boolean()).map(([end, isHigh]) => {
        return `${(isHigh ? '9' : '0').repeat(14)}${String(end).padStart(4, '0')}`
      }),
    ),
    sign: fc.constantFrom('', '-'),
  })
  .map(({ whole, digits, fraction, sign }) => {
    const left = Math.max(1, digits - String(whole).length)
    return `${sign}${whole}.${fraction.slice(0, left)}`
  })

test('numbers with about as many digits as a double has are written as ECMAScript writes them', () => {
  const ownTexts = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
  fc.assert(
    fc.property(fc.oneof(long, ownTexts), text => {
      assert.equal(scanned(`[${text}]`), `[${String(Number(text))}]`)
    }),
    { numRuns: 30_000 },
  )
})

test('what is read is what JSON.parse reads, whatever slipped in', () => {
  let read = 0
  fc.assert(
    fc.property(plainJson, fc.nat(), fc.nat(), (text, at, kind) => {
      const wrong = slipped(text, at, kind)
      // The right one first: its shapes are what is guessed.
      scanned(text)
      const mine = scanned(wrong)
      if (mine === null) return
      read++
      assert.equal(mine, expected(wrong))
    }),
    { numRuns: 5000 },
  )
  assert.ok(read > 500)
})

const left: readonly [string, string][] = [
  ['escapes', '{"a":"\\u0041"}'],
  ['a name twice', '{"a":1,"b":2,"a":3}'],
  ['a byte order mark', '\ufeff{}'],
  ['33 levels', '['.repeat(33) + ']'.repeat(33)],
  ['a control character', '{"a":"\u0001"}'],
  [
    '65 names',
    JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, 0]))),
  ],
  ['long names', JSON.stringify({ ['x'.repeat(2048)]: 0 })],
  ['65 shapes', JSON.stringify(Array.from({ length: 65 }, (_, i) => ({ [`n${i}`]: 0 })))],
  ['a larger body', JSON.stringify('x'.repeat(bodyBytesMax))],
]
for (const [what, text] of left) {
  test(`left to JSON.parse: ${what}`, () => {
    assert.equal(scanned(text), null)
  })
}

const wrong = [
  '',
  ' ',
  '{',
  '[1,]',
  '{"a":1,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  '01',
  '-',
  '1.',
  '.5',
  '1e',
]
for (const text of [
  ...wrong,
  '+1',
  'nul',
  'tru',
  'truex',
  '1 2',
  '{}{}',
  '"',
  '"a',
  '[1 2]',
  "{'a':1}",
  '[',
  '{"',
  '-x',
]) {
  test(`no JSON: ${text}`, () => {
    assert.equal(scanned(text), null)
    assert.equal(expected(text), null)
  })
}

test('bytes that are no UTF-8 are not read', () => {
  const bytes = Buffer.from('{"a":"b"}')
  assert.ok(scanned(bytes) !== null)
  bytes[6] = 0xff
  assert.equal(scanned(bytes), null)
})

test('as many values and levels as a body can have', () => {
  const many = `[${'1,'.repeat(bodyBytesMax / 2 - 2)}1]`
  assert.equal(scanned(many), many)
  const deep = '['.repeat(32) + ']'.repeat(32)
  assert.equal(scanned(deep), deep)
})

test('shapes that differ in one letter, one name or their order are told apart', () => {
  const texts = [
    '{"ab":1,"cd":2}',
    '{"ab":1,"ce":2}',
    '{"cd":1,"ab":2}',
    '{"ab":1}',
    '{"ab":1,"cd":2,"ef":3}',
  ]
  for (const text of texts)
    for (const next of texts) {
      scanned(text)
      assert.equal(scanned(next), expected(next), `${text} ${next}`)
    }
})

test('names that are not ASCII are known again, and their texts decoded as such', () => {
  for (const text of ['{"größe":1,"a":"b"}', '[{"größe":1,"a":"b"},{"größe":2,"a":"ü"}]']) {
    for (let round = 0; round < 2; round++) assert.equal(scanned(text), expected(text))
  }
  const tape = scanner.read(Buffer.from('{"größe":1,"a":"b"}'), platform)
  assert.equal(tape?.isAscii, false)
  assert.equal(tape.scalar(2), 'b')
})

test('shapes that guess each other do not keep each other for ever', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const name = (k: number): string => `n${String(k).padStart(6, '0')}`
  const heapAfter = (from: number, to: number): number => {
    for (let k = from; k < to; k++) scanned(`{"${name(k)}":{"${name(k + 1)}":0}}`)
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = heapAfter(0, 5000)
  assert.ok(heapAfter(5000, 25_000) - before < 3_000_000)
})
