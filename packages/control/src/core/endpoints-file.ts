// endpoints.json in and out. Importing merges: what is in the file becomes in force, what is not in it
// stays, and secrets that stay are named, unless it prunes. Exporting gives a file the edge can run on; sealed secrets become references to files that the
// operator has to provide, since a secret never leaves the control plane.

import { canonicalJson, parseEndpoints, parseTime } from '@fleet/sources'
import type { Json, JsonObject } from '@fleet/sources'
import { audited } from './audit.ts'
import { forbidden } from './checks.ts'
import type { Command, Decision, DecisionContext } from './commands.ts'
import { refuse } from './commands.ts'
import { endpointRecord } from './decide-endpoint.ts'
import type { Change, SecretRecord } from './records.ts'
import { secretId } from './records.ts'
import type { ControlState } from './state.ts'

type Import = Extract<Command, { kind: 'import-endpoints' }>

/** One transaction has to hold all of it. */
const importedMax = 1000

export function importEndpoints(
  state: ControlState,
  { file, prune = false }: Import,
  context: DecisionContext,
): Decision {
  const { actor, nowMs, mode } = context
  const refused = forbidden(actor, 'admin', null)
  if (refused !== null) return refused
  const reading = parseEndpoints(JSON.stringify(file), mode)
  if (!reading.ok) return refuse('invalid', ...reading.problems)
  const entries = listOf(file['endpoints']) as readonly Entry[]
  if (entries.length > importedMax) return refuse('invalid', `more than ${importedMax} endpoints`)
  const nowIso = new Date(nowMs).toISOString()
  const changes = new Map<string, Change>()
  const extra: string[] = []
  for (const entry of entries) {
    const owner = state.endpoints.get(entry.id)?.tenant_id ?? entry.tenant_id
    if (owner !== entry.tenant_id) {
      return refuse('conflict', `${entry.id} belongs to another tenant; an endpoint never moves`)
    }
    for (const change of entryChanges(state, entry, nowIso)) {
      changes.set(`${change.kind}/${change.id}`, change)
    }
    extra.push(...extraSecrets(state, entry))
  }
  const put = [...changes.values()]
  const removed = prune ? extra.map(id => ({ kind: 'secret', id, value: null }) as const) : []
  const list = [...put, ...removed]
  const count = (kind: Change['kind']): number => put.filter(at => at.kind === kind).length
  const answer = {
    endpoints: entries.length,
    changed: { tenants: count('tenant'), endpoints: count('endpoint'), secrets: count('secret') },
    removed_secrets: prune ? extra : [],
    left_secrets: prune ? [] : extra,
  }
  return { ok: true, outcome: audited(state, actor, nowIso, 'endpoints.imported', list, answer) }
}

/** Secrets of the entry's endpoint that the file does not have: they stay in force until removed. */
function extraSecrets(state: ControlState, { id, secrets }: Entry): string[] {
  const given = new Set(secrets.map(secret => secret.id))
  return state
    .secretsOf(id)
    .filter(secret => !given.has(secret.id))
    .map(secret => secretId(id, secret.id))
}

/** An entry that parseEndpoints has taken. */
interface Entry extends JsonObject {
  readonly id: string
  readonly tenant_id: string
  readonly secrets: readonly SecretEntry[]
}
interface SecretEntry extends JsonObject {
  readonly id: string
  readonly ref: string
}

function entryChanges(state: ControlState, entry: Entry, nowIso: string): Change[] {
  const { id, tenant_id: tenantId, secrets, ...rest } = entry
  const definition: JsonObject = rest
  const stamp = { revision: state.revision + 1, updated_at: nowIso }
  const changes: Change[] = []
  if (!state.tenants.has(tenantId)) {
    const value = { id: tenantId, name: tenantId, ...stamp }
    changes.push({ kind: 'tenant', id: tenantId, value })
  }
  const existing = state.endpoints.get(id)
  if (existing === undefined || !isSame(existing.definition, definition)) {
    const value = endpointRecord(state, { id, tenantId, definition }, nowIso)
    changes.push({ kind: 'endpoint', id, value })
  }
  for (const secret of secrets) {
    const known = state.secrets.get(secretId(id, secret.id))
    const value: SecretRecord = {
      endpoint_id: id,
      id: secret.id,
      tenant_id: tenantId,
      version: stamp.revision,
      not_before: timeText(secret['not_before']),
      not_after: timeText(secret['not_after']),
      source: { ref: secret.ref },
      ...stamp,
    }
    if (known !== undefined && isSameSecret(known, value)) continue
    changes.push({ kind: 'secret', id: secretId(id, secret.id), value })
  }
  return changes
}

/** A sealed secret whose exported reference comes back is not replaced by it. */
function isSameSecret(known: SecretRecord, value: SecretRecord): boolean {
  const ref = 'ref' in value.source ? value.source.ref : ''
  const isSameSource = ref === exportedReference(known)
  return (
    isSameSource && known.not_before === value.not_before && known.not_after === value.not_after
  )
}

/** A file may write a time as an epoch number too; records hold RFC 3339. */
function timeText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value
  const micros = parseTime(value ?? null)
  return micros === null ? null : new Date(micros / 1000).toISOString()
}

function isSame(left: JsonObject, right: JsonObject): boolean {
  return canonicalJson(left) === canonicalJson(right)
}

export interface ExportedEndpoints {
  /** An endpoints.json. */
  readonly file: JsonObject
  /** Names below the secrets folder that the operator has to provide. */
  readonly secret_files: readonly string[]
  /** Endpoints without any secret: the file could not hold them. */
  readonly left_out: readonly string[]
}

/** @param isShown which tenants' endpoints the caller may see. */
export function exportEndpoints(
  state: ControlState,
  isShown: (tenantId: string) => boolean,
): ExportedEndpoints {
  const secretFiles: string[] = []
  const leftOut: string[] = []
  const endpoints: JsonObject[] = []
  const records = [...state.endpoints.values()].filter(record => isShown(record.tenant_id))
  for (const record of records.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const secrets = state.secretsOf(record.id).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (secrets.length === 0) {
      leftOut.push(record.id)
      continue
    }
    for (const secret of secrets) {
      if ('sealed' in secret.source) secretFiles.push(`${record.id}.${secret.id}`)
    }
    endpoints.push({
      id: record.id,
      tenant_id: record.tenant_id,
      ...record.definition,
      secrets: secrets.map(secret => ({
        id: secret.id,
        ref: exportedReference(secret),
        not_before: secret.not_before,
        not_after: secret.not_after,
      })),
    })
  }
  return { file: { version: 1, endpoints }, secret_files: secretFiles, left_out: leftOut }
}

function exportedReference({ source, endpoint_id: endpointId, id }: SecretRecord): string {
  return 'ref' in source ? source.ref : `file:${endpointId}.${id}`
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
