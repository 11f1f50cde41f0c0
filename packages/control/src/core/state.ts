// The control topic folded into what is in force. The newest value of each key counts, with one
// exception: a secret of a lower version than one seen before is refused, wherever it comes from.

import type { Json, JsonObject } from '@fleet/sources'
import { barrierKey, metaKey, secretId } from './records.ts'
import type {
  ApiKeyRecord,
  Change,
  EndpointRecord,
  RecordKind,
  SecretRecord,
  TenantRecord,
} from './records.ts'

export class ControlState {
  revision = 0
  changeIds: readonly string[] = []
  readonly tenants = new Map<string, TenantRecord>()
  readonly endpoints = new Map<string, EndpointRecord>()
  /** By endpoint id and secret id. */
  readonly secrets = new Map<string, SecretRecord>()
  readonly apiKeys = new Map<string, ApiKeyRecord>()
  /** When each API key was last used, as text. */
  readonly apiKeyUses = new Map<string, string>()
  /** The highest version of every secret ever seen, deleted ones too. */
  readonly #versions: Map<string, number>

  /** @param before what was in force until now, for the versions it saw. */
  constructor(before: ControlState | null = null) {
    this.#versions = before === null ? new Map() : before.#versions
  }

  secretsOf(endpointId: string): SecretRecord[] {
    const prefix = secretId(endpointId, '')
    return [...this.secrets].filter(([id]) => id.startsWith(prefix)).map(([, secret]) => secret)
  }

  apply(change: Change): AppliedRecord {
    const { kind, id, value } = change
    switch (kind) {
      case 'tenant':
        return put(this.tenants, id, value)
      case 'endpoint':
        return put(this.endpoints, id, value)
      case 'api-key':
        return put(this.apiKeys, id, value)
      case 'api-key-use':
        return put(this.apiKeyUses, id, value?.last_used_at ?? null)
      case 'secret': {
        const floor = this.#versions.get(id) ?? 0
        if (value !== null && value.version < floor) {
          return { ok: false, reason: 'version_lower', detail: `version ${value.version}` }
        }
        if (value !== null) this.#versions.set(id, value.version)
        return put(this.secrets, id, value)
      }
    }
  }

  /** A record of the topic, in log order. What can't be read changes nothing. */
  applyRecord(key: string, text: string | null): AppliedRecord {
    if (key === barrierKey) return { ok: true }
    const value = text === null ? null : parseObject(text)
    if (value === undefined) return { ok: false, reason: 'unreadable', detail: 'not an object' }
    if (key === metaKey) return this.#applyMeta(value)
    const slash = key.indexOf('/')
    const kind = kinds.find(name => name === key.slice(0, slash))
    const id = key.slice(slash + 1)
    if (kind === undefined) return { ok: false, reason: 'unreadable', detail: 'unknown kind' }
    if (value !== null && !isOfKind(kind, id, value)) {
      return { ok: false, reason: 'unreadable', detail: `not a ${kind} of this key` }
    }
    return this.apply({ kind, id, value } as unknown as Change)
  }

  #applyMeta(value: JsonObject | null): AppliedRecord {
    const { revision, change_ids: changeIds } = value ?? {}
    if (typeof revision !== 'number' || !Array.isArray(changeIds)) {
      return { ok: false, reason: 'unreadable', detail: 'not a meta record' }
    }
    this.revision = revision
    this.changeIds = changeIds.map(String)
    return { ok: true }
  }
}

export type AppliedRecord =
  { ok: true } | { ok: false; reason: 'unreadable' | 'version_lower'; detail: string }

function put<Value>(map: Map<string, Value>, id: string, value: Value | null): AppliedRecord {
  if (value === null) map.delete(id)
  else map.set(id, value)
  return { ok: true }
}

const kinds: readonly RecordKind[] = ['tenant', 'endpoint', 'secret', 'api-key', 'api-key-use']

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined
  } catch {
    return undefined
  }
}

/** The members others rely on; a writer of ours wrote the rest. */
const texts: Record<RecordKind, readonly string[]> = {
  tenant: ['id', 'name'],
  endpoint: ['id', 'tenant_id'],
  secret: ['id', 'endpoint_id', 'tenant_id'],
  'api-key': ['id', 'name', 'hash'],
  'api-key-use': ['id', 'last_used_at'],
}
const objects: Record<RecordKind, readonly string[]> = {
  tenant: [],
  endpoint: ['definition'],
  secret: ['source'],
  'api-key': ['scopes'],
  'api-key-use': [],
}

function isOfKind<Kind extends RecordKind>(kind: Kind, id: string, value: JsonObject): boolean {
  if (!texts[kind].every(name => typeof value[name] === 'string')) return false
  if (!objects[kind].every(name => typeof value[name] === 'object' && value[name] !== null)) {
    return false
  }
  if (kind !== 'api-key-use' && !Number.isSafeInteger(value['revision'])) return false
  const { id: own, endpoint_id: endpointId } = value as Readonly<Record<string, string>>
  if (own === undefined) return false
  if (kind !== 'secret') return own === id
  return Number.isSafeInteger(value['version']) && secretId(endpointId ?? '', own) === id
}
