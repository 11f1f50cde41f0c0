import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'
import { crc32c } from '../src/crc32c.ts'
import { kafkajsCrc32c } from './kafkajs-encoding.ts'

const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index))

test('the examples of RFC 3720, appendix B.4, and the check value of the algorithm', () => {
  const iscsiRead = Buffer.from(
    '01c00000' + '00000000'.repeat(3) + '14000000' + '00000400' + '00000014' + '00000018' +
      '28000000' + '00000000' + '02000000' + '00000000',
    'hex',
  ) // prettier-ignore
  const rows: [string, Buffer, number][] = [
    ['32 bytes of zeros', Buffer.alloc(32), 0x8a91_36aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8_ab43],
    ['32 bytes ascending', ascending, 0x46dd_794e],
    ['32 bytes descending', Buffer.from(ascending.toReversed()), 0x113f_db5c],
    ['an iSCSI SCSI Read (10) command', iscsiRead, 0xd996_3a56],
    ['123456789', Buffer.from('123456789'), 0xe306_9283],
    ['nothing', Buffer.alloc(0), 0],
  ]
  for (const [what, bytes, expected] of rows) {
    assert.equal(crc32c(bytes, 0, bytes.length), expected, what)
  }
})

test('any part of a buffer has the checksum that kafkajs gives it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), fc.nat(400), (array, a, b) => {
      const bytes = Buffer.from(array)
      const start = Math.min(a, b, bytes.length)
      const end = Math.min(Math.max(a, b), bytes.length)
      assert.equal(crc32c(bytes, start, end), kafkajsCrc32c(bytes.subarray(start, end)))
    }),
    { numRuns: 500 },
  )
})
