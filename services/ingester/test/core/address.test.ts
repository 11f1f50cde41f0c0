import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressGroup, plainAddress, senderAddress } from '../../src/core/address.ts'

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

const proxies = {
  isAddress: (text: string): boolean => /^[\d.]+$|:/.test(text),
  isTrusted: (address: string): boolean => address.startsWith('10.') || address === 'fd00::1',
}
const senders: [string, string, string[], string][] = [
  ['no proxy, no header', '9.9.9.9', [], '9.9.9.9'],
  ['a stranger may claim what it likes', '9.9.9.9', ['1.1.1.1'], '9.9.9.9'],
  ['the proxy says for whom', '10.0.0.1', ['9.9.9.9'], '9.9.9.9'],
  ['the proxy says nothing', '10.0.0.1', [], '10.0.0.1'],
  ['two proxies of ours', '10.0.0.1', ['9.9.9.9, 10.0.0.2'], '9.9.9.9'],
  [
    'what stands left of the sender is its own invention',
    '10.0.0.1',
    ['1.1.1.1, 9.9.9.9'],
    '9.9.9.9',
  ],
  ['several lines are one list', '10.0.0.1', ['1.1.1.1', '9.9.9.9,10.0.0.2'], '9.9.9.9'],
  ['only ours: the farthest of them', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
  ['nonsense: the last that is known', '10.0.0.1', ['1.1.1.1, unknown'], '10.0.0.1'],
  ['with a port', '10.0.0.1', ['9.9.9.9:4711'], '9.9.9.9'],
  ['IPv6 with a port', 'fd00::1', ['[2001:db8::1]:4711'], '2001:db8::1'],
  ['IPv4 in IPv6 clothes', '10.0.0.1', ['::ffff:9.9.9.9'], '9.9.9.9'],
]
for (const [name, remote, forwardedFor, expected] of senders) {
  test(`whose delivery it is: ${name}`, () => {
    assert.equal(senderAddress(remote, forwardedFor, proxies), expected)
  })
}
