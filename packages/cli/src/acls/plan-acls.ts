// What would have to change for the rights in Kafka to be as declared. Pure: the declaration and what
// Kafka says go in, a plan comes out. Only rights of the declared users, in the names that are ours, are
// ever changed, and no prohibition is.

import type { Acl } from '@fleet/kafka'
import type { DeclaredAcls } from './acl-file.ts'

type AclChange = { action: 'create' | 'delete' } & Acl

/** A right that is not declared, or a prohibition. */
interface AclDrift {
  readonly acl: Acl
  /** False: `apply` will not touch it, a person has to. */
  readonly correctable: boolean
  readonly detail: string
}

export interface AclPlan {
  readonly changes: AclChange[]
  readonly drift: AclDrift[]
}

/** `actual` may hold ACLs of anybody; those of other principals are left out. */
export function planAcls(declared: DeclaredAcls, actual: readonly Acl[]): AclPlan {
  const wanted = new Map(declared.acls.map(acl => [identityOf(acl), acl]))
  const found = new Map(actual.map(acl => [identityOf(acl), acl]))
  const plan: AclPlan = { changes: [], drift: [] }
  for (const [identity, acl] of wanted) {
    if (!found.has(identity)) plan.changes.push({ action: 'create', ...acl })
  }
  const principals = new Set(declared.principals)
  for (const [identity, acl] of found) {
    if (!principals.has(acl.principal) || wanted.has(identity)) continue
    const drift = driftOf(acl, declared)
    if (drift === null) continue
    plan.drift.push(drift)
    if (drift.correctable) plan.changes.push({ action: 'delete', ...acl })
  }
  return plan
}

/** Null for what has nothing to do with us, such as another environment's consumer group. */
function driftOf(acl: Acl, { namespaces }: DeclaredAcls): AclDrift | null {
  const namespace = namespaces[acl.resource]
  const isWithin = namespace === null || acl.name.startsWith(namespace)
  if (!isWithin && !reaches(acl, namespace)) return null
  if (acl.permission === 'DENY') {
    const detail = 'a prohibition that somebody set; if it is no longer meant, delete it by hand'
    return { acl, correctable: false, detail }
  }
  if (isWithin) {
    return { acl, correctable: true, detail: 'not declared; fleet acls apply deletes it' }
  }
  const detail = 'reaches beyond what is managed here; narrow or delete it by hand'
  return { acl, correctable: false, detail }
}

/** Whether a pattern outside the namespace covers names inside it. */
function reaches({ pattern, name }: Acl, namespace: string): boolean {
  return pattern === 'LITERAL' ? name === '*' : namespace.startsWith(name)
}

function identityOf({ principal, host, resource, name, pattern, operation, permission }: Acl) {
  return JSON.stringify([principal, host, resource, name, pattern, operation, permission])
}
