import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { MacKey } from '../src/mac-key.ts'

// RFC 4231, test cases 1 to 4, 6 and 7: key, data, HMAC-SHA-256.
const vectors: readonly [key: Buffer, data: Buffer, mac: string][] = [
  [
    Buffer.alloc(20, 0x0b),
    Buffer.from('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    Buffer.alloc(20, 0xaa),
    Buffer.alloc(50, 0xdd),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    Buffer.from(Array.from({ length: 25 }, (_, index) => index + 1)),
    Buffer.alloc(50, 0xcd),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    Buffer.alloc(131, 0xaa),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    Buffer.alloc(131, 0xaa),
    Buffer.from(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

test('the MACs are those of RFC 4231', () => {
  for (const [key, data, mac] of vectors) {
    assert.equal(new MacKey(key).mac(data).toString('hex'), mac)
  }
})

test('a MAC is that of the platform, whatever key, parts and order of calls', () => {
  const key = fc.uint8Array({ maxLength: 200 })
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })
  fc.assert(
    fc.property(key, fc.array(parts, { minLength: 1, maxLength: 3 }), (bytes, messages) => {
      const macKey = new MacKey(bytes)
      for (const message of messages) {
        const expected = createHmac('sha256', bytes).update(Buffer.concat(message)).digest()
        assert.deepEqual(macKey.mac(...message), expected)
      }
    }),
  )
})

test('messages around and beyond the reused memory have the MAC of the platform', () => {
  const key = Buffer.alloc(32, 7)
  for (const bytes of [65_471, 65_472, 65_473, 65_536, 300_000]) {
    const message = Buffer.alloc(bytes, bytes % 251)
    const expected = createHmac('sha256', key).update(message).digest()
    assert.deepEqual(new MacKey(key).mac(message), expected, String(bytes))
  }
})

test('a MAC already given does not change with the next', () => {
  const macKey = new MacKey(Buffer.alloc(32, 7))
  const first = macKey.mac(Buffer.from('first'))
  const before = first.toString('hex')
  macKey.mac(Buffer.from('second'))
  assert.equal(first.toString('hex'), before)
})
