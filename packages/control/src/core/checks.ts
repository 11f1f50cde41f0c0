// What every decision checks first: may this key do it, has the caller seen the present state, is the
// text of a field acceptable.

import type { Actor, Decision, Precondition } from './commands.ts'
import { refuse } from './commands.ts'
import { hasScope, reaches } from './api-key.ts'
import type { Scope, Stamp } from './records.ts'

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const namePattern = /^[^\p{Cc}\p{Cs}]{1,128}$/u

export const idRule = '1 to 128 letters, digits, ".", "_" or "-", the first a letter or digit'
export const nameRule = '1 to 128 printable characters'

export function isId(text: string): boolean {
  return idPattern.test(text)
}

export function isName(text: string): boolean {
  return namePattern.test(text)
}

/**
 * Null: it may. A key of another tenant is told that there is no such thing.
 * @param tenantId whose resource it is; null: of the platform; undefined: it does not exist.
 */
export function forbidden(
  actor: Actor,
  scope: Scope,
  tenantId: string | null | undefined,
): Decision | null {
  if (!hasScope(actor, scope)) return refuse('forbidden', `the key lacks the scope ${scope}`)
  if (tenantId === undefined || reaches(actor, tenantId)) return null
  return tenantId === null
    ? refuse('forbidden', 'only a key of the platform may do this')
    : refuse('not_found', 'there is no such resource')
}

/** Null: the caller has seen the present state, or wants it to be new and it is. */
export function unmet(
  { ifMatch, ifNoneMatch }: Precondition,
  existing: Stamp | undefined,
): Decision | null {
  if (ifMatch === null && !ifNoneMatch) {
    return refuse(
      'precondition_required',
      'send If-Match with the ETag you have seen, or If-None-Match: * to create',
    )
  }
  if (ifNoneMatch && existing !== undefined) {
    return refuse('precondition_failed', 'it exists already')
  }
  if (ifMatch === null) return null
  const isSeen =
    existing !== undefined && (ifMatch === 'any' || ifMatch.includes(existing.revision))
  return isSeen
    ? null
    : refuse('precondition_failed', 'it has changed since: read it again and repeat')
}

const zonedTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)$/i

export function isTime(text: string): boolean {
  return zonedTime.test(text) && !Number.isNaN(Date.parse(text))
}
