// Which requests are deliveries. The endpoint id stays exactly as presented: what is not the id of an
// endpoint letter by letter is an unknown endpoint, never a near match.

export type Route =
  | { readonly kind: 'delivery'; readonly endpointId: string }
  | { readonly kind: 'method_not_allowed'; readonly endpointId: string }
  | { readonly kind: 'elsewhere' }

const hooks = '/v1/hooks/'

export function routeOf(method: string, target: string): Route {
  const path = pathOf(target)
  const endpointId = path.startsWith(hooks) ? path.slice(hooks.length) : ''
  if (endpointId === '' || endpointId.includes('/')) return { kind: 'elsewhere' }
  return { kind: method === 'POST' ? 'delivery' : 'method_not_allowed', endpointId }
}

/** What stands before the path where a client writes the whole address (RFC 9112, 3.2.2). */
const authority = /^https?:\/\/[^/?]+(?=\/)/i

/** Without the query, which is not part of any decision and may hold what must not be recorded. */
export function pathOf(target: string): string {
  const path = target.replace(authority, '')
  const end = path.indexOf('?')
  return end === -1 ? path : path.slice(0, end)
}
