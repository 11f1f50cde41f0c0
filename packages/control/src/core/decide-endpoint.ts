// Endpoints: their definition is an entry of endpoints.json and is judged by the same reader.

import { parseEndpoints } from '@fleet/sources'
import type { Endpoint, JsonObject } from '@fleet/sources'
import { audited } from './audit.ts'
import { forbidden, unmet } from './checks.ts'
import type { Command, Decision, DecisionContext } from './commands.ts'
import { refuse } from './commands.ts'
import type { ApiKeyRecord, Change, EndpointRecord } from './records.ts'
import { secretId } from './records.ts'
import { shown } from './shown.ts'
import type { ControlState } from './state.ts'

type Put = Extract<Command, { kind: 'put-endpoint' }>
type Delete = Extract<Command, { kind: 'delete-endpoint' }>

const endpointsMax = 10_000

/** What stands beside the definition: the path names the id, tenant and secrets are their own. */
const ownMembers = ['id', 'tenant_id', 'secrets']

export function putEndpoint(state: ControlState, command: Put, context: DecisionContext): Decision {
  const { id, tenantId } = command
  const refused = forbidden(context.actor, 'endpoints:write', tenantId)
  if (refused !== null) return refused
  const existing = state.endpoints.get(id)
  if (existing !== undefined && !context.precondition.ifNoneMatch) {
    const foreign = forbidden(context.actor, 'endpoints:write', existing.tenant_id)
    if (foreign !== null) return foreign
  }
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  if (existing !== undefined && existing.tenant_id !== tenantId) {
    return refuse('invalid', 'tenant_id: an endpoint never changes its tenant; make another one')
  }
  const problems = endpointProblems(state, command, context.mode)
  if (problems.length > 0) return refuse('invalid', ...problems)
  if (existing === undefined && state.endpoints.size >= endpointsMax) {
    return refuse('conflict', `there are ${endpointsMax} endpoints, the most there may be`)
  }
  const nowIso = new Date(context.nowMs).toISOString()
  const value = endpointRecord(state, command, nowIso)
  const action = existing === undefined ? 'endpoint.created' : 'endpoint.changed'
  const changes = [{ kind: 'endpoint', id, value } as const]
  const outcome = audited(state, context.actor, nowIso, action, changes, shown('endpoint', value))
  return { ok: true, outcome }
}

export function endpointRecord(
  state: ControlState,
  { id, tenantId, definition }: Omit<Put, 'kind'>,
  nowIso: string,
): EndpointRecord {
  const revision = state.revision + 1
  return { id, tenant_id: tenantId, definition, revision, updated_at: nowIso }
}

function endpointProblems(
  state: ControlState,
  { id, tenantId, definition }: Put,
  mode: DecisionContext['mode'],
): readonly string[] {
  const own = ownMembers.filter(name => Object.hasOwn(definition, name))
  if (own.length > 0) return own.map(name => `${name}: does not belong into the definition`)
  if (!state.tenants.has(tenantId)) return ['tenant_id: there is no such tenant; make it first']
  const reading = readDefinition({ id, tenant_id: tenantId, definition }, mode)
  return reading.ok ? [] : reading.problems
}

export type DefinitionReading =
  | { ok: true; endpoint: Endpoint; warnings: readonly string[] }
  | { ok: false; problems: readonly string[] }

/** Stands where the file has references; the secrets of a record are records of their own. */
const placeholder = { id: 'k1', ref: 'file:control' }

/** The endpoint of a record, without its secrets. */
export function readDefinition(
  record: Pick<EndpointRecord, 'id' | 'tenant_id' | 'definition'>,
  mode: DecisionContext['mode'],
): DefinitionReading {
  const { id, tenant_id: tenantId, definition } = record
  const entry: JsonObject = { ...definition, id, tenant_id: tenantId, secrets: [placeholder] }
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints: [entry] }), mode)
  if (!reading.ok) {
    return { ok: false, problems: reading.problems.map(text => text.replace('endpoints[0].', '')) }
  }
  const [endpoint] = reading.endpoints
  if (endpoint === undefined) return { ok: false, problems: ['there is no endpoint'] }
  const warnings = reading.warnings.map(text => text.replace('endpoints[0].', ''))
  return { ok: true, endpoint: { ...endpoint, secrets: [] }, warnings }
}

/** An endpoint goes with its secrets, and with the keys that deliver to it alone. */
export function deleteEndpoint(
  state: ControlState,
  { id }: Delete,
  context: DecisionContext,
): Decision {
  const existing = state.endpoints.get(id)
  const refused = forbidden(context.actor, 'endpoints:write', existing?.tenant_id)
  if (refused !== null) return refused
  if (existing === undefined) return refuse('not_found', 'there is no such resource')
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  const nowIso = new Date(context.nowMs).toISOString()
  const keys = keysOf(state, id)
  const changes: Change[] = [
    { kind: 'endpoint', id, value: null },
    ...state
      .secretsOf(id)
      .map(secret => ({ kind: 'secret', id: secretId(id, secret.id), value: null }) as const),
    ...keys.map(key => ({ kind: 'api-key', id: key.id, value: null }) as const),
  ]
  const outcome = audited(state, context.actor, nowIso, 'endpoint.deleted', changes, {})
  const uses = keys
    .filter(key => state.apiKeyUses.has(key.id))
    .map(key => ({ kind: 'api-key-use', id: key.id, value: null }) as const)
  return { ok: true, outcome: { ...outcome, changes: [...outcome.changes, ...uses] } }
}

function keysOf(state: ControlState, endpointId: string): ApiKeyRecord[] {
  return [...state.apiKeys.values()].filter(key => key.endpoint_id === endpointId)
}
