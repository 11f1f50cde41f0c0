import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  encodeKeyPart,
  murmur2,
  partitionOf,
  resourceKey,
  unidentifiedKey,
  utf8Bytes,
} from '../src/index.ts'

// Source: apache/kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2.
const hashes: [text: string, hash: number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

for (const [text, hash] of hashes) {
  test(`murmur2 of ${text} is ${hash}, as in Kafka's own test`, () => {
    assert.equal(murmur2(utf8Bytes(text)), hash)
  })
}

test('the partition is the hash without its sign bit, modulo the partition count', () => {
  assert.equal(partitionOf('21', 6), (-973932308 & 0x7fffffff) % 6)
  assert.equal(partitionOf(utf8Bytes('foobar'), 12), (-790332482 & 0x7fffffff) % 12)
  assert.equal(partitionOf('', 1), 0)
})

test('every key has a partition below the count, the same for text and bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const partition = partitionOf(key, count)
      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < count)
      assert.equal(partitionOf(utf8Bytes(key), count), partition)
    }),
  )
})

const parts: [part: string, encoded: string][] = [
  ['', ''],
  ['AZaz09_.~-', 'AZaz09_.~-'],
  ['a/b', 'a%2Fb'],
  ['a b', 'a%20b'],
  ['100%', '100%25'],
  ["!'()*", '%21%27%28%29%2A'],
  ['a:b@c+d,e;f=g&h?i#j', 'a%3Ab%40c%2Bd%2Ce%3Bf%3Dg%26h%3Fi%23j'],
  ['\u007f', '%7F'],
  ['é', '%C3%A9'],
  ['€', '%E2%82%AC'],
  ['🚗', '%F0%9F%9A%97'],
  ['e\u0301', 'e%CC%81'],
]

for (const [part, encoded] of parts) {
  test(`the key part ${JSON.stringify(part)} is written ${encoded || '(empty)'}`, () => {
    assert.equal(encodeKeyPart(part), encoded)
  })
}

test('an encoded part decodes to the part and never holds a separator', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), part => {
      const encoded = encodeKeyPart(part)
      assert.match(encoded, /^[A-Za-z0-9_.~%-]*$/)
      assert.equal(decodeURIComponent(encoded), part)
    }),
  )
})

test('different resources have different keys', () => {
  assert.equal(resourceKey('demo', 'vehicle', 'a/b'), 'demo/vehicle/a%2Fb')
  assert.notEqual(resourceKey('demo', 'a', 'b/c'), resourceKey('demo', 'a/b', 'c'))
})

test('an unidentified delivery is keyed by the first 32 digits of its body hash', () => {
  const hash = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
  const key = unidentifiedKey('de mo', hash)
  assert.equal(key, 'de%20mo/unidentified/0123456789abcdef0123456789abcdef')
})

test('UTF-8 is the same as of the platform, for lone surrogates too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, broken) => {
      const whole = broken ? `${text}\ud83d${text}\ude97` : text
      assert.deepEqual(Buffer.from(utf8Bytes(whole)), Buffer.from(whole, 'utf8'))
    }),
  )
})
