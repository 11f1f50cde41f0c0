// The guarded types alone: exact numbers, valid text, and bytes meant to hang or flood a decoder.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeGuarded, parseSchema } from '../src/avro-type.ts'
import { itemsPerValueMax } from '../src/guarded-collections.ts'

function typeOf(schema: unknown) {
  return parseSchema(JSON.stringify(schema))
}

function decode(schema: unknown, hex: string): unknown {
  return decodeGuarded(typeOf(schema), Buffer.from(hex, 'hex'), 0, undefined)
}

function roundTrip(schema: unknown, value: unknown): unknown {
  const type = typeOf(schema)
  return decodeGuarded(type, type.toBuffer(value), 0, undefined)
}

// Source: Apache Avro specification, "Binary encoding", zig-zag table; the last five were computed
// with Python's unbounded integers.
const longs: [value: number, hex: string][] = [
  [0, '00'],
  [-1, '01'],
  [1, '02'],
  [-2, '03'],
  [2, '04'],
  [-64, '7f'],
  [64, '8001'],
  [2 ** 30, '8080808008'],
  [-(2 ** 31), 'ffffffff0f'],
  [1_795_252_000_123_456, '80a9ffdbb5b1b006'],
  [Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
  [Number.MIN_SAFE_INTEGER, 'fdffffffffffff1f'],
]

for (const [value, hex] of longs) {
  test(`the long ${value} is ${hex}`, () => {
    assert.equal(typeOf('long').toBuffer(value).toString('hex'), hex)
    assert.equal(decode('long', hex), value)
  })
}

test('every safe integer survives as a long', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => roundTrip('long', value) === value + 0),
    { numRuns: 2000 },
  )
})

const brokenNumbers: [schema: string, hex: string, reason: RegExp][] = [
  ['long', '8080808080808020', /beyond 2\^53/],
  ['long', 'ffffffffffffff1f', /beyond 2\^53/],
  ['long', 'ffffffffffffffffff01', /beyond 2\^53/],
  ['long', 'ffffffffffffffffffff01', /ten bytes/],
  ['long', '80', /truncated/],
  ['int', '8080808010', /32 bits/],
  ['int', 'feffffffffffff1f', /32 bits/],
]

for (const [schema, hex, reason] of brokenNumbers) {
  test(`${hex} is no ${schema}: ${reason.source}`, () => {
    assert.throws(() => decode(schema, hex), reason)
  })
}

test('an unsafe integer, a fraction and a text are refused as longs', () => {
  for (const value of [2 ** 53, -(2 ** 53), 0.5, NaN, '1', null, undefined]) {
    assert.throws(() => typeOf('long').toBuffer(value))
  }
})

test('every text is written as valid UTF-8; a lone surrogate becomes U+FFFD', () => {
  const valid = new TextDecoder('utf-8', { fatal: true })
  const lone = fc.string({ unit: 'binary' }).map(text => `${text}\ud800${text}\udc00`)
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), lone), text => {
      const bytes = typeOf('string').toBuffer(text)
      const read = decodeGuarded(typeOf('string'), bytes, 0, undefined)
      assert.equal(read, Buffer.from(text, 'utf8').toString('utf8'))
      valid.decode(bytes.subarray(bytes.length - Buffer.byteLength(text)))
    }),
  )
})

test('a plain Uint8Array is taken as bytes and as fixed, alone and nullable', () => {
  const value = Uint8Array.of(1, 2, 3)
  const fixed = { type: 'fixed', name: 'Three', size: 3 }
  for (const schema of ['bytes', fixed, ['null', 'bytes'], ['null', fixed]]) {
    assert.deepEqual(roundTrip(schema, value), Buffer.from(value))
  }
  assert.equal(roundTrip(['null', 'bytes'], null), null)
  assert.throws(() => typeOf(fixed).toBuffer(Uint8Array.of(1)), /not 3 bytes/)
  assert.throws(() => typeOf('bytes').toBuffer('text'), /not a bytes/)
})

const strings = { type: 'array', items: 'string' }
const map = { type: 'map', values: 'string' }
const nulls = { type: 'array', items: 'null' }

// Each of these keeps avsc 5.7.9 busy for long or for ever, or makes it allocate what it declares.
const attacks: [rule: string, schema: unknown, hex: string][] = [
  ['four million declared strings', strings, '80a4e803'],
  ['2^31 declared strings', strings, '8080808010'],
  ['2^53 declared strings', strings, 'feffffffffffff1f'],
  ['four million declared map entries', map, '80a4e803'],
  ['a negative count with a huge count behind it', strings, 'ffffffff0f02'],
  ['a block size before the block', strings, '0103'],
  ['a block size beyond the value', strings, '01feffff0f0200'],
  ['items that take no bytes', nulls, `fe03${'00'.repeat(16)}`],
  ['an array without an end', strings, '020261'],
  ['a negative string length', strings, '020300'],
  ['a string longer than the value', 'string', '8080808008'],
  ['a union branch that does not exist', ['null', 'string'], '04'],
  ['a negative union branch', ['null', 'string'], '01'],
  ['a byte after the value', 'string', '026100'],
  ['nothing at all', 'string', ''],
]

for (const [rule, schema, hex] of attacks) {
  test(`refused quickly: ${rule}`, () => {
    const before = performance.now()
    assert.throws(() => decode(schema, hex))
    assert.ok(performance.now() - before < 50)
  })
}

test('no value holds more than the allowed number of items', () => {
  const empty = Buffer.alloc(itemsPerValueMax + 1)
  const value = Buffer.concat([
    typeOf('long').toBuffer(itemsPerValueMax + 1),
    empty,
    Buffer.alloc(1),
  ])
  assert.throws(() => decodeGuarded(typeOf(strings), value, 0, undefined), /items/)
  const allowed = Array.from({ length: itemsPerValueMax }, () => '')
  assert.deepEqual(roundTrip(strings, allowed), allowed)
})

test('blocks with a byte size are read, whatever the number of blocks', () => {
  assert.deepEqual(decode(strings, '01040261' + '0202620000'.slice(0, 6) + '00'), ['a', 'b'])
  assert.deepEqual(decode(map, '01080261026200'), { a: 'b' })
})

const skipped = (items: unknown) => ({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'gone', type: items, default: [] },
    { name: 'kept', type: 'string', default: '' },
  ],
})
const reader = {
  type: 'record',
  name: 'R',
  fields: [{ name: 'kept', type: 'string', default: '' }],
}

test('a field that only the writer has is skipped under the same limits', () => {
  const writer = typeOf(skipped(strings))
  const own = typeOf(reader)
  const resolver = own.createResolver(writer)
  const bytes = writer.toBuffer({ gone: ['x', 'y'], kept: 'k' })
  assert.deepEqual(decodeGuarded(own, bytes, 0, resolver), { kept: 'k' })
  for (const hex of ['0103', 'feffffffffffff1f', '80a4e803', '01feffff0f']) {
    const before = performance.now()
    assert.throws(() => decodeGuarded(own, Buffer.from(hex, 'hex'), 0, resolver))
    assert.ok(performance.now() - before < 50)
  }
})

test('a map key __proto__ is an ordinary key and touches no prototype', () => {
  const schema = { type: 'map', values: { type: 'map', values: 'string' } }
  const bytes = typeOf(schema).toBuffer(JSON.parse('{"__proto__":{"polluted":"yes"}}'))
  const read = decodeGuarded(typeOf(schema), bytes, 0, undefined) as object
  assert.equal(Object.getPrototypeOf(read), Object.prototype)
  assert.deepEqual(Object.keys(read), ['__proto__'])
  assert.equal(JSON.stringify(read), '{"__proto__":{"polluted":"yes"}}')
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal('polluted' in read, false)
})

test('a deeply nested value of a recursive schema is refused, not a crash', () => {
  const node = {
    type: 'record',
    name: 'Tree',
    fields: [{ name: 'next', type: ['null', 'Tree'], default: null }],
  }
  assert.throws(() => decodeGuarded(typeOf(node), Buffer.alloc(200_000, 2), 0, undefined))
})

test('decoded records are plain objects', () => {
  const read = roundTrip(reader, { kept: 'k' }) as object
  assert.equal(Object.getPrototypeOf(read), Object.prototype)
  assert.deepStrictEqual(read, { kept: 'k' })
})

test('bytes are copies, or views of the value for those who asked for that', () => {
  const fixed = { type: 'fixed', name: 'Two', size: 2 }
  const fields = [
    { name: 'bytes', type: 'bytes' },
    { name: 'fixed', type: fixed },
  ]
  const type = parseSchema(JSON.stringify({ type: 'record', name: 'Both', fields }))
  interface Both {
    bytes: Buffer
    fixed: Buffer
  }
  const read = (value: Buffer, shared?: boolean): Both =>
    decodeGuarded(type, value, 0, undefined, shared) as Both
  const value = Buffer.from([0x06, 1, 2, 3, 4, 5])
  const [views, copies] = [read(value, true), read(value)]
  value.fill(9)
  assert.deepEqual([...views.bytes, ...views.fixed], [9, 9, 9, 9, 9])
  assert.deepEqual([...copies.bytes, ...copies.fixed], [1, 2, 3, 4, 5])
  for (const wrong of [[0x05], [0x08, 1, 2, 3], [0x06, 1, 2, 3, 4]]) {
    assert.throws(() => read(Buffer.from(wrong), true))
    assert.throws(() => read(Buffer.from(wrong)))
  }
})
