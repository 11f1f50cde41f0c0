// Addresses as the edge compares and records them.

const mappedIpv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/** Without the IPv6 clothes an IPv4 address wears on a socket for both. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '') return 'unknown'
  return mappedIpv4.exec(address)?.[1] ?? address
}

/** What the shell knows of addresses. */
export interface Proxies {
  isAddress(text: string): boolean
  /** Whether it is one of ours that ends TLS before us, and so may say whom it speaks for. */
  isTrusted(address: string): boolean
}

/**
 * Whose delivery it is: the address nearest to us that is no trusted proxy's. What stands further left in
 * X-Forwarded-For was written by that sender, and counts for nothing.
 */
export function senderAddress(
  remote: string,
  forwardedFor: readonly string[],
  { isAddress, isTrusted }: Proxies,
): string {
  if (!isTrusted(remote)) return remote
  let nearest = remote
  for (const hop of forwardedFor.join(',').split(',').reverse()) {
    const address = plainAddress(withoutPort(hop.trim()))
    if (!isAddress(address)) return nearest
    if (!isTrusted(address)) return address
    nearest = address
  }
  return nearest
}

/** Some proxies write the port too; an IPv6 address stands in brackets then. */
const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/
const ipv4WithPort = /^([\d.]+):\d{1,5}$/

function withoutPort(hop: string): string {
  return bracketed.exec(hop)?.[1] ?? ipv4WithPort.exec(hop)?.[1] ?? hop
}

/** What one limit covers: an IPv4 address, or the /64 of an IPv6 one, which a single host owns whole. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  const [before = '', after] = address.split('%', 1)[0]?.split('::') ?? []
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4)
  return `${groups.map(group => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`
}
