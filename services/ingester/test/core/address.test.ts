import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressGroup, plainAddress } from '../../src/core/address.ts'

test('an IPv4 address is written plainly on any kind of socket', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(plainAddress('192.0.2.1'), '192.0.2.1')
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1')
  assert.equal(plainAddress(undefined), 'unknown')
})

const groups: [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
]
for (const [address, group] of groups) {
  test(`${address} is limited with ${group}`, () => assert.equal(addressGroup(address), group))
}
