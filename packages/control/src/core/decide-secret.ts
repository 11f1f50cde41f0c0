// Secrets of endpoints: sealed here, never read back. A reference is for keys of the platform alone: it
// names a file or variable of the machine, which may hold what belongs to another tenant.

import { utf8Bytes } from '@fleet/contracts'
import { apiKeyHashProblem } from '@fleet/sources'
import { audited } from './audit.ts'
import { forbidden, idRule, isId, isTime, unmet } from './checks.ts'
import type { Command, Decision, DecisionContext } from './commands.ts'
import { refuse } from './commands.ts'
import type { Change, EndpointRecord, SecretRecord } from './records.ts'
import { secretId } from './records.ts'
import { shown } from './shown.ts'
import type { ControlState } from './state.ts'

type Put = Extract<Command, { kind: 'put-secret' }>
type Delete = Extract<Command, { kind: 'delete-secret' }>

/** As in endpoints.json: every active secret costs one MAC for each forged delivery. */
const secretsOfEndpointMax = 16
/** A longer text is no key but a mistake. */
const secretCharactersMax = 4096

const reference = /^(?:file:(?!(?:.*\/)?\.\.(?:\/|$))[^\p{Cc}]{1,1024}|env:[A-Za-z_]\w{0,127})$/u

export function putSecret(state: ControlState, command: Put, context: DecisionContext): Decision {
  const { endpointId, id } = command
  const endpoint = state.endpoints.get(endpointId)
  const refused = forbidden(context.actor, 'endpoints:write', endpoint?.tenant_id)
  if (refused !== null) return refused
  if (endpoint === undefined) return refuse('not_found', 'there is no such endpoint')
  const existing = state.secrets.get(secretId(endpointId, id))
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  const problems = secretProblems(command, endpoint, existing, context)
  if (problems.length > 0) return refuse('invalid', ...problems)
  if (existing === undefined && state.secretsOf(endpointId).length >= secretsOfEndpointMax) {
    return refuse('conflict', `an endpoint has at most ${secretsOfEndpointMax} secrets`)
  }
  const nowIso = new Date(context.nowMs).toISOString()
  const value = secretRecord(state, endpoint, command, existing, context)
  const action = existing === undefined ? 'secret.created' : 'secret.changed'
  const changes = [{ kind: 'secret', id: secretId(endpointId, id), value } as const]
  const outcome = audited(state, context.actor, nowIso, action, changes, shown('secret', value))
  return { ok: true, outcome }
}

/** Every sealing has a version of its own: the revision of its change, which never comes back. */
function secretRecord(
  state: ControlState,
  endpoint: EndpointRecord,
  { id, source, notBefore, notAfter }: Put,
  existing: SecretRecord | undefined,
  { nowMs, sealer }: DecisionContext,
): SecretRecord {
  const revision = state.revision + 1
  const place = { tenantId: endpoint.tenant_id, endpointId: endpoint.id, keyId: id }
  let kept = existing?.source ?? { ref: '' }
  if (source !== null) {
    const sealed = 'value' in source
    kept = sealed
      ? { sealed: sealer.seal({ ...place, version: revision }, source.value) }
      : { ref: source.ref }
  }
  return {
    endpoint_id: endpoint.id,
    id,
    tenant_id: endpoint.tenant_id,
    version: source === null ? (existing?.version ?? revision) : revision,
    not_before: notBefore,
    not_after: notAfter,
    source: kept,
    revision,
    updated_at: new Date(nowMs).toISOString(),
  }
}

function secretProblems(
  { id, source, notBefore, notAfter }: Put,
  endpoint: EndpointRecord,
  existing: SecretRecord | undefined,
  { actor }: DecisionContext,
): string[] {
  const problems: string[] = []
  if (!isId(id)) problems.push(`id: must be ${idRule}`)
  if (source === null && existing === undefined) problems.push('value or ref: one is needed')
  if (source !== null && 'value' in source) {
    const { length } = source.value
    if (length === 0 || length > secretCharactersMax) {
      problems.push(`value: must have 1 to ${secretCharactersMax} characters`)
    } else if (endpoint.definition['auth'] === 'api-key') {
      const problem = apiKeyHashProblem(utf8Bytes(source.value))
      if (problem !== null) problems.push(`value: ${problem}`)
    }
  }
  if (source !== null && 'ref' in source) {
    if (actor.tenant_id !== null) problems.push('ref: only for keys of the platform; send value')
    if (!reference.test(source.ref)) problems.push('ref: must be file:<name> or env:<NAME>')
  }
  return [...problems, ...timeProblems(notBefore, notAfter)]
}

function timeProblems(notBefore: string | null, notAfter: string | null): string[] {
  const times = Object.entries({ not_before: notBefore, not_after: notAfter })
  const bad = times.filter(([, time]) => time !== null && !isTime(time))
  if (bad.length > 0) return bad.map(([name]) => `${name}: must be an RFC 3339 time or null`)
  const isEmpty =
    notBefore !== null && notAfter !== null && Date.parse(notBefore) >= Date.parse(notAfter)
  return isEmpty ? ['not_after: must be later than not_before'] : []
}

export function deleteSecret(
  state: ControlState,
  { endpointId, id }: Delete,
  context: DecisionContext,
): Decision {
  const existing = state.secrets.get(secretId(endpointId, id))
  const refused = forbidden(context.actor, 'endpoints:write', existing?.tenant_id)
  if (refused !== null) return refused
  if (existing === undefined) return refuse('not_found', 'there is no such resource')
  const failed = unmet(context.precondition, existing)
  if (failed !== null) return failed
  const nowIso = new Date(context.nowMs).toISOString()
  const changes = [{ kind: 'secret', id: secretId(endpointId, id), value: null } as const]
  const outcome = audited(state, context.actor, nowIso, 'secret.deleted', changes, {})
  return { ok: true, outcome }
}

/** Most secrets sealed again in one transaction; the caller repeats until none remain. */
const resealedMax = 500

/** After a new master key: everything sealed by another one is sealed again by the first. */
export function resealSecrets(state: ControlState, context: DecisionContext): Decision {
  const { actor, sealer, nowMs } = context
  const refused = forbidden(actor, 'admin', null)
  if (refused !== null) return refused
  const revision = state.revision + 1
  const nowIso = new Date(nowMs).toISOString()
  const changes: Change[] = []
  const unopened: string[] = []
  let remaining = 0
  for (const [id, secret] of state.secrets) {
    const { source } = secret
    if (!('sealed' in source) || source.sealed.master_key_id === sealer.masterKeyId) continue
    if (changes.length >= resealedMax) {
      remaining++
      continue
    }
    const from = {
      tenantId: secret.tenant_id,
      endpointId: secret.endpoint_id,
      keyId: secret.id,
      version: secret.version,
    }
    const sealed = sealer.reseal(from, source.sealed, revision)
    if (sealed === null) {
      unopened.push(id)
      continue
    }
    const value = { ...secret, version: revision, source: { sealed }, revision, updated_at: nowIso }
    changes.push({ kind: 'secret', id, value })
  }
  const answer = { resealed: changes.length, remaining, unopened }
  const outcome = audited(state, actor, nowIso, 'secret.resealed', changes, answer)
  return { ok: true, outcome }
}
