// Tenants: only a key of the platform makes and removes them.

import { audited } from './audit.ts'
import { forbidden, isName, nameRule, unmet } from './checks.ts'
import type { Command, Decision, DecisionContext } from './commands.ts'
import { refuse } from './commands.ts'
import type { TenantRecord } from './records.ts'
import { shown } from './shown.ts'
import type { ControlState } from './state.ts'

type Put = Extract<Command, { kind: 'put-tenant' }>
type Delete = Extract<Command, { kind: 'delete-tenant' }>

const tenantsMax = 10_000

export function putTenant(state: ControlState, command: Put, context: DecisionContext): Decision {
  const { id, name } = command
  const refused = forbidden(context.actor, 'admin', null)
  if (refused !== null) return refused
  // A tenant is a part of record keys and may be any printable text there; here it is a path too.
  if (!isName(id) || id.includes('/')) return refuse('invalid', `id: must be ${nameRule}, no "/"`)
  if (!isName(name)) return refuse('invalid', `name: must be ${nameRule}`)
  const existing = state.tenants.get(id)
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  if (existing === undefined && state.tenants.size >= tenantsMax) {
    return refuse('conflict', `there are ${tenantsMax} tenants, the most there may be`)
  }
  const nowIso = new Date(context.nowMs).toISOString()
  const value: TenantRecord = { id, name, revision: state.revision + 1, updated_at: nowIso }
  const action = existing === undefined ? 'tenant.created' : 'tenant.changed'
  const changes = [{ kind: 'tenant', id, value } as const]
  const outcome = audited(state, context.actor, nowIso, action, changes, shown('tenant', value))
  return { ok: true, outcome }
}

export function deleteTenant(
  state: ControlState,
  { id }: Delete,
  context: DecisionContext,
): Decision {
  const refused = forbidden(context.actor, 'admin', null)
  if (refused !== null) return refused
  const existing = state.tenants.get(id)
  if (existing === undefined) return refuse('not_found', 'there is no such tenant')
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  const owned = [...state.endpoints.values(), ...state.apiKeys.values()]
  if (owned.some(({ tenant_id: tenantId }) => tenantId === id)) {
    return refuse('conflict', 'it still has endpoints or API keys: delete those first')
  }
  const nowIso = new Date(context.nowMs).toISOString()
  const changes = [{ kind: 'tenant', id, value: null } as const]
  const outcome = audited(state, context.actor, nowIso, 'tenant.deleted', changes, {})
  return { ok: true, outcome }
}
