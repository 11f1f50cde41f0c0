// Which addresses are those of trusted proxies, by the networks of the settings, and which requests nobody
// on their way could read.

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Mode } from '@fleet/config'
import { plainAddress } from '../core/address.ts'
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

/**
 * In production: our own TLS, or that of a trusted proxy, unless it says that its caller spoke plain
 * HTTP. A developer's machine has no certificate.
 */
export function privacyOf(mode: Mode, proxies: Proxies): (request: IncomingMessage) => boolean {
  if (mode === 'development') return () => true
  return ({ socket, headersDistinct }) => {
    if (socket instanceof TLSSocket) return true
    const schemes = headersDistinct['x-forwarded-proto'] ?? []
    const isOutsideTls = schemes.every(text => text.trim().toLowerCase() === 'https')
    return isOutsideTls && proxies.isTrusted(plainAddress(socket.remoteAddress))
  }
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
