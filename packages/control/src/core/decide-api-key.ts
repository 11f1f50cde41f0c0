// API keys: made, rotated with an overlap in which both work, removed. Nobody gives a key more than he
// has himself; the text of a key is in the answer that makes it and nowhere else.

import { hasScope, isExpired } from './api-key.ts'
import { audited } from './audit.ts'
import { forbidden, isName, isTime, nameRule, unmet } from './checks.ts'
import type { Command, Decision, DecisionContext } from './commands.ts'
import { refuse } from './commands.ts'
import type { ApiKeyRecord, Change } from './records.ts'
import { scopes } from './records.ts'
import { shown } from './shown.ts'
import type { ControlState } from './state.ts'

type Create = Extract<Command, { kind: 'create-api-key' }>
type Rotate = Extract<Command, { kind: 'rotate-api-key' }>
type Delete = Extract<Command, { kind: 'delete-api-key' }>

const apiKeysMax = 10_000
/** A rotation that is not finished in a month was forgotten. */
const overlapSecondsMax = 30 * 86_400
const dayMs = 86_400_000

export function createApiKey(
  state: ControlState,
  command: Create,
  context: DecisionContext,
): Decision {
  const { tenantId, name, expiresAt } = command
  const { actor, nowMs } = context
  const refused = forbidden(actor, 'admin', tenantId)
  if (refused !== null) return refused
  const problems: string[] = []
  if (!isName(name)) problems.push(`name: must be ${nameRule}`)
  if (command.scopes.length === 0) problems.push(`scopes: at least one of ${scopes.join(', ')}`)
  if (tenantId !== null && !state.tenants.has(tenantId)) {
    problems.push('tenant_id: there is no such tenant; make it first')
  }
  if (expiresAt !== null && (!isTime(expiresAt) || Date.parse(expiresAt) <= nowMs)) {
    problems.push('expires_at: must be an RFC 3339 time in the future, or null')
  }
  problems.push(...deliveryProblems(state, command))
  if (command.scopes.some(scope => !hasScope(actor, scope))) {
    problems.push('scopes: a key can not give what it has not')
  }
  if (problems.length > 0) return refuse('invalid', ...problems)
  if (state.apiKeys.size >= apiKeysMax) {
    return refuse('conflict', `there are ${apiKeysMax} API keys, the most there may be`)
  }
  const { record, text } = newKey(state, command, context)
  const changes = [{ kind: 'api-key', id: record.id, value: record } as const]
  const answer = { ...shown('api-key', record), key: text }
  const { updated_at: nowIso } = record
  return { ok: true, outcome: audited(state, actor, nowIso, 'api_key.created', changes, answer) }
}

/** A key for a sender belongs to one tenant and does nothing but deliver. */
function deliveryProblems(state: ControlState, command: Create): string[] {
  const { tenantId, endpointId, scopes: given } = command
  const problems: string[] = []
  if (!given.includes('events:write')) {
    if (endpointId !== null) problems.push('endpoint_id: only with the scope events:write')
    return problems
  }
  if (given.length > 1) problems.push('scopes: events:write stands alone, it is for senders')
  if (tenantId === null) problems.push('tenant_id: a key with events:write belongs to a tenant')
  if (endpointId === null) return problems
  const endpoint = state.endpoints.get(endpointId)
  if (endpoint === undefined || endpoint.tenant_id !== tenantId) {
    problems.push('endpoint_id: the tenant has no such endpoint')
  } else if (endpoint.definition['auth'] !== 'api-key') {
    problems.push('endpoint_id: this endpoint takes signatures; set its "auth" to "api-key" first')
  }
  return problems
}

function newKey(
  state: ControlState,
  { tenantId, endpointId, name, scopes: given, expiresAt }: Omit<Create, 'kind'>,
  { nowMs, rotateDays, makeApiKey }: DecisionContext,
): { record: ApiKeyRecord; text: string } {
  const { id, text, hash } = makeApiKey()
  const nowIso = new Date(nowMs).toISOString()
  const record = {
    id,
    tenant_id: tenantId,
    endpoint_id: endpointId,
    name,
    scopes: scopes.filter(scope => given.includes(scope)),
    hash,
    created_at: nowIso,
    expires_at: expiresAt,
    rotate_by: new Date(nowMs + rotateDays * dayMs).toISOString(),
    replaced_by: null,
    revision: state.revision + 1,
    updated_at: nowIso,
  }
  return { record, text }
}

export function rotateApiKey(
  state: ControlState,
  { id, overlapSeconds }: Rotate,
  context: DecisionContext,
): Decision {
  const { actor, nowMs, precondition } = context
  const existing = state.apiKeys.get(id)
  const refused = forbidden(actor, 'admin', existing?.tenant_id)
  if (refused !== null) return refused
  if (existing === undefined) return refuse('not_found', 'there is no such resource')
  const failed = unmet(precondition, existing)
  if (failed !== null) return failed
  const isWhole = Number.isSafeInteger(overlapSeconds) && overlapSeconds >= 0
  if (!isWhole || overlapSeconds > overlapSecondsMax) {
    return refuse(
      'invalid',
      `overlap_seconds: must be a whole number from 0 to ${overlapSecondsMax}`,
    )
  }
  if (existing.replaced_by !== null || isExpired(existing, nowMs)) {
    return refuse('conflict', 'the key was replaced or has expired; rotate the one in force')
  }
  const endMs = nowMs + overlapSeconds * 1000
  const oldEndMs = existing.expires_at === null ? endMs : Date.parse(existing.expires_at)
  const { tenant_id: tenantId, name, scopes: given } = existing
  const lifeMs = existing.expires_at === null ? null : oldEndMs - Date.parse(existing.created_at)
  const expiresAt = lifeMs === null ? null : new Date(nowMs + lifeMs).toISOString()
  const { endpoint_id: endpointId = null } = existing
  const made = newKey(state, { tenantId, endpointId, name, scopes: given, expiresAt }, context)
  const old: ApiKeyRecord = {
    ...existing,
    expires_at: new Date(Math.min(endMs, oldEndMs)).toISOString(),
    replaced_by: made.record.id,
    revision: made.record.revision,
    updated_at: made.record.updated_at,
  }
  const changes: Change[] = [
    { kind: 'api-key', id: made.record.id, value: made.record },
    { kind: 'api-key', id, value: old },
  ]
  const replaced = { id, expires_at: old.expires_at }
  const answer = { ...shown('api-key', made.record), key: made.text, replaces: replaced }
  const { updated_at: nowIso } = made.record
  return { ok: true, outcome: audited(state, actor, nowIso, 'api_key.rotated', changes, answer) }
}

export function deleteApiKey(
  state: ControlState,
  { id }: Delete,
  context: DecisionContext,
): Decision {
  const existing = state.apiKeys.get(id)
  const refused = forbidden(context.actor, 'admin', existing?.tenant_id)
  if (refused !== null) return refused
  if (existing === undefined) return refuse('not_found', 'there is no such resource')
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  if (isLastAdmin(state, existing, context.nowMs)) {
    return refuse('conflict', 'it is the last admin key of the platform: make another one first')
  }
  const nowIso = new Date(context.nowMs).toISOString()
  const changes: Change[] = [{ kind: 'api-key', id, value: null }]
  const outcome = audited(state, context.actor, nowIso, 'api_key.deleted', changes, {})
  if (!state.apiKeyUses.has(id)) return { ok: true, outcome }
  const use: Change = { kind: 'api-key-use', id, value: null }
  return { ok: true, outcome: { ...outcome, changes: [...changes, use] } }
}

/** Without one nobody could let anybody in again. */
function isLastAdmin(state: ControlState, key: ApiKeyRecord, nowMs: number): boolean {
  const isAdmin = (other: ApiKeyRecord): boolean =>
    other.tenant_id === null && other.scopes.includes('admin') && !isExpired(other, nowMs)
  return isAdmin(key) && [...state.apiKeys.values()].filter(isAdmin).length === 1
}
