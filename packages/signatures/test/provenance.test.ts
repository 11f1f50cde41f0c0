import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { provenanceMac } from '../src/index.ts'

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index))

// python3: hmac.new(bytes(range(32)), b'fleet-mac-v1' + b''.join(struct.pack('>I', len(x)) + x
//   for x in (b'fleet.raw', record_key, value)), 'sha256').hexdigest()
const vectors: readonly [string, readonly number[], string][] = [
  [
    'demo/reservation/R1',
    [0, 0, 0, 0, 1, 2, 3],
    '70eafa3f9bfb02c02a55050d9d9546c638fd44215196122000506b0be2d2166a',
  ],
  ['', [], '7b4522cee72242041702679f52ba60b3d16554393070dbad055ef2b21f50d580'],
]

for (const [recordKey, value, expected] of vectors) {
  test(`the MAC of record key "${recordKey}" is the one another language computes`, () => {
    const framed = Uint8Array.from(value)
    assert.equal(provenanceMac(key, recordKey, framed).toString('hex'), expected)
    assert.equal(provenanceMac(key, Buffer.from(recordKey), framed).toString('hex'), expected)
  })
}

test('a byte moved from the value to the record key changes the MAC', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), (recordKey, value) => {
      const moved = Buffer.concat([recordKey, value.subarray(0, 1)])
      assert.notDeepEqual(
        provenanceMac(key, recordKey, value),
        provenanceMac(key, moved, value.subarray(1)),
      )
    }),
  )
})
