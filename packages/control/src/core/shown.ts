// Records as answers and audit show them: no secret, no ciphertext, no hash. Whatever leaves the
// control plane goes through here.

import type { JsonObject } from '@fleet/sources'
import type { Change, RecordKind, RecordKinds } from './records.ts'
import type { ControlState } from './state.ts'

type Shower<Kind extends RecordKind> = (record: RecordKinds[Kind]) => JsonObject

const showers: { [Kind in RecordKind]: Shower<Kind> } = {
  tenant: ({ id, name, revision, updated_at }) => ({ id, name, revision, updated_at }),
  endpoint: ({ id, tenant_id, definition, revision, updated_at }) => {
    return { id, tenant_id, definition, revision, updated_at }
  },
  secret: ({ source, ...record }) => ({
    endpoint_id: record.endpoint_id,
    id: record.id,
    tenant_id: record.tenant_id,
    version: record.version,
    not_before: record.not_before,
    not_after: record.not_after,
    ref: 'ref' in source ? source.ref : null,
    master_key_id: 'sealed' in source ? source.sealed.master_key_id : null,
    revision: record.revision,
    updated_at: record.updated_at,
  }),
  'api-key': record => ({
    id: record.id,
    tenant_id: record.tenant_id,
    endpoint_id: record.endpoint_id ?? null,
    name: record.name,
    scopes: record.scopes,
    created_at: record.created_at,
    expires_at: record.expires_at,
    rotate_by: record.rotate_by,
    replaced_by: record.replaced_by,
    revision: record.revision,
    updated_at: record.updated_at,
  }),
  'api-key-use': ({ id, last_used_at }) => ({ id, last_used_at }),
}

export function shown<Kind extends RecordKind>(kind: Kind, record: RecordKinds[Kind]): JsonObject {
  const show: Shower<Kind> = showers[kind]
  return show(record)
}

/** What stands at the key of a change before it. */
export function recordBefore(state: ControlState, { kind, id }: Change): JsonObject | null {
  switch (kind) {
    case 'tenant':
      return orNull(kind, state.tenants.get(id))
    case 'endpoint':
      return orNull(kind, state.endpoints.get(id))
    case 'secret':
      return orNull(kind, state.secrets.get(id))
    case 'api-key':
      return orNull(kind, state.apiKeys.get(id))
    case 'api-key-use':
      return null
  }
}

function orNull<Kind extends RecordKind>(
  kind: Kind,
  record: RecordKinds[Kind] | undefined,
): JsonObject | null {
  return record === undefined ? null : shown(kind, record)
}
