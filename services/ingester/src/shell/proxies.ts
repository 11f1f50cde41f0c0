// Which addresses are those of trusted proxies, by the networks of the settings.

import { BlockList, isIP } from 'node:net'
import type { Proxies } from '../core/address.ts'

/** @param networks as `address/prefix`, checked by the settings. */
export function trustedProxies(networks: readonly string[]): Proxies {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    list.addSubnet(address, Number(prefix), family(address))
  }
  return {
    isAddress: text => isIP(text) !== 0,
    isTrusted: address =>
      networks.length > 0 && isIP(address) !== 0 && list.check(address, family(address)),
  }
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
