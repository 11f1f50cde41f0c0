import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaIdOf, writeFraming } from '../src/wire-format.ts'

const cases: [hex: string, id: number | null, rule: string][] = [
  ['0000000001', 1, 'an empty payload is framed'],
  ['00000000ffaa', 255, 'the id is big-endian'],
  ['007fffffff00', 2147483647, 'the largest id is 2^31 - 1'],
  ['000000000000', null, 'zero is no id'],
  ['008000000000', null, 'a negative id is none'],
  ['00ffffffff00', null, 'minus one is no id'],
  ['010000000100', null, 'another magic byte is not ours'],
  ['7b226964223a', null, 'JSON is not framed'],
  ['00000001', null, 'four bytes are too few'],
  ['', null, 'nothing is not framed'],
]

for (const [hex, id, rule] of cases) {
  test(`${rule}: ${hex || '(empty)'}`, () => {
    assert.equal(schemaIdOf(Buffer.from(hex, 'hex')), id)
  })
}

test('what writeFraming writes, schemaIdOf reads', () => {
  const value = Buffer.alloc(6, 0xee)
  writeFraming(value, 305419896)
  assert.equal(value.toString('hex'), '0012345678ee')
  assert.equal(schemaIdOf(value), 305419896)
})
