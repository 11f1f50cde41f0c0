// Addresses as the edge compares and records them.

const mappedIpv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/** Without the IPv6 clothes an IPv4 address wears on a socket for both. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '') return 'unknown'
  return mappedIpv4.exec(address)?.[1] ?? address
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
