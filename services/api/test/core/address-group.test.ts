import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressGroup } from '../../src/core/address-group.ts'

const rows: [string, string, string][] = [
  ['an IPv4 address is itself', '192.0.2.7', '192.0.2.7'],
  ['also in IPv6 clothes', '::ffff:192.0.2.7', '192.0.2.7'],
  ['an IPv6 address is its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['however it is written', '2001:0DB8:0001:0002::6', '2001:db8:1:2'],
  ['with few groups', '2001:db8::6', '2001:db8:0:0'],
  ['with a zone', 'fe80::1%eth0', 'fe80:0:0:0'],
  ['nothing stays nothing', '', ''],
]
for (const [name, address, group] of rows) {
  test(name, () => assert.equal(addressGroup(address), group))
}
