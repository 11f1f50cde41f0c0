// The JSON schemas of what the admin API takes and gives (JSON Schema 2020-12, as OpenAPI 3.1 has it).

import { scopes } from '@fleet/control'
import type { JsonObject } from '@fleet/sources'
import { deadLetterSchemas } from './dead-letter-schemas.ts'

const text: JsonObject = { type: 'string' }
const time: JsonObject = { type: ['string', 'null'], format: 'date-time' }
const revision: JsonObject = { type: 'integer', minimum: 1, description: 'The number in the ETag.' }
const stamp = { revision, updated_at: { type: 'string', format: 'date-time' } }
const tenantOrNull: JsonObject = { type: ['string', 'null'], description: 'Null: of the platform.' }
const scopeList: JsonObject = {
  type: 'array',
  items: { type: 'string', enum: [...scopes] },
  minItems: 1,
  uniqueItems: true,
}
const definition: JsonObject = {
  type: 'object',
  description: 'An entry of endpoints.json without id, tenant_id and secrets.',
}

function object(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false }
}

function whole(properties: JsonObject): JsonObject {
  return object(properties, Object.keys(properties))
}

function list(name: string): JsonObject {
  const items = { type: 'array', items: { $ref: `#/components/schemas/${name}` } }
  return whole({ items, next: { type: ['string', 'null'] } })
}

const secret = {
  endpoint_id: text,
  id: text,
  tenant_id: text,
  version: { type: 'integer', minimum: 1 },
  not_before: time,
  not_after: time,
  ref: { type: ['string', 'null'], description: 'Null: sealed in the control plane.' },
  master_key_id: { type: ['string', 'null'] },
  ...stamp,
} as const satisfies JsonObject

const onlyEndpoint: JsonObject = {
  type: ['string', 'null'],
  description: 'With events:write: delivers to this endpoint alone.',
}

const apiKey = {
  id: text,
  tenant_id: tenantOrNull,
  endpoint_id: onlyEndpoint,
  name: text,
  scopes: scopeList,
  created_at: { type: 'string', format: 'date-time' },
  expires_at: time,
  rotate_by: time,
  replaced_by: { type: ['string', 'null'] },
  ...stamp,
}

const file: JsonObject = { type: 'object', description: 'An endpoints.json.' }

export const schemas = {
  ...deadLetterSchemas,
  Problem: object(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      code: text,
      problems: { type: 'array', items: text },
    },
    ['type', 'title', 'status', 'detail', 'code'],
  ),
  Tenant: whole({ id: text, name: text, ...stamp }),
  TenantInput: whole({ name: { ...text, minLength: 1, maxLength: 128 } }),
  TenantList: list('Tenant'),
  Endpoint: whole({ id: text, tenant_id: text, definition, ...stamp }),
  EndpointInput: whole({ tenant_id: text, definition }),
  EndpointList: list('Endpoint'),
  Secret: object(
    {
      ...secret,
      last_used_at: {
        ...time,
        description: 'By its sender, to a minute; not in the answer of a change.',
      },
    },
    Object.keys(secret),
  ),
  SecretInput: object(
    {
      value: {
        type: ['string', 'null'],
        minLength: 1,
        maxLength: 4096,
        writeOnly: true,
        description: 'The secret; never shown again. Without value and ref only the times change.',
      },
      ref: {
        type: ['string', 'null'],
        description: 'file:<name> or env:<NAME>, for keys of the platform.',
      },
      not_before: time,
      not_after: time,
    },
    [],
  ),
  SecretList: list('Secret'),
  Resealed: whole({
    resealed: { type: 'integer' },
    remaining: { type: 'integer', description: 'Call again until it is 0.' },
    unopened: { type: 'array', items: text, description: 'Sealed by a master key that is gone.' },
  }),
  ApiKey: whole({ ...apiKey, last_used_at: time }),
  ApiKeyInput: object(
    {
      tenant_id: tenantOrNull,
      endpoint_id: onlyEndpoint,
      name: text,
      scopes: scopeList,
      expires_at: time,
    },
    ['name', 'scopes'],
  ),
  ApiKeyList: list('ApiKey'),
  NewApiKey: whole({ ...apiKey, key: { ...text, description: 'Shown once.' } }),
  RotateInput: object(
    { overlap_seconds: { type: ['integer', 'null'], minimum: 0, maximum: 2_592_000 } },
    [],
  ),
  RotatedApiKey: whole({
    ...apiKey,
    key: { ...text, description: 'Shown once.' },
    replaces: whole({ id: text, expires_at: time }),
  }),
  AuditList: whole({
    items: {
      type: 'array',
      items: whole({
        at: { type: 'string', format: 'date-time' },
        revision,
        actor: text,
        actor_tenant_id: tenantOrNull,
        action: text,
        kind: text,
        id: text,
        tenant_id: tenantOrNull,
        before: { type: ['object', 'null'] },
        after: { type: ['object', 'null'] },
      }),
    },
    before: { type: ['integer', 'null'], description: 'For the page before; null: the last page.' },
  }),
  EndpointsFile: file,
  EndpointsExport: whole({
    file,
    secret_files: { type: 'array', items: text },
    left_out: { type: 'array', items: text },
  }),
  Imported: whole({
    endpoints: { type: 'integer' },
    changed: whole({
      tenants: { type: 'integer' },
      endpoints: { type: 'integer' },
      secrets: { type: 'integer' },
    }),
    removed_secrets: { type: 'array', items: text },
    left_secrets: {
      type: 'array',
      items: text,
      description: 'Secrets of these endpoints that the file has not: still in force.',
    },
  }),
} as const satisfies Record<string, JsonObject>

export type SchemaName = keyof typeof schemas
