// What the compacted control topic holds, one JSON value for each key. Nothing here ever holds a secret
// in clear: secrets are sealed or references, API keys are hashes.

import type { JsonObject } from '@fleet/sources'

/** `events:write` is for senders that can't sign: it delivers, and does nothing else. */
export const scopes = [
  'events:read',
  'events:write',
  'dlq:replay',
  'endpoints:write',
  'admin',
] as const
export type Scope = (typeof scopes)[number]

/** Every record knows the change that wrote it: the revision is its ETag and never comes back. */
export interface Stamp {
  readonly revision: number
  readonly updated_at: string
}

export interface TenantRecord extends Stamp {
  readonly id: string
  readonly name: string
}

export interface EndpointRecord extends Stamp {
  readonly id: string
  readonly tenant_id: string
  /** The entry of endpoints.json without `id`, `tenant_id` and `secrets`. */
  readonly definition: JsonObject
}

/** A secret encrypted with AES-256-GCM; all texts are base64. */
export interface Sealed {
  readonly master_key_id: string
  readonly nonce: string
  /** With the 16 bytes of the tag at its end. */
  readonly ciphertext: string
}

export interface SecretRecord extends Stamp {
  readonly endpoint_id: string
  readonly id: string
  readonly tenant_id: string
  /** Grows with every sealing of this id, also when it was deleted in between. */
  readonly version: number
  readonly not_before: string | null
  readonly not_after: string | null
  readonly source: { readonly ref: string } | { readonly sealed: Sealed }
}

export interface ApiKeyRecord extends Stamp {
  readonly id: string
  /** Null: of the platform, for every tenant. */
  readonly tenant_id: string | null
  /** With `events:write`: delivers to this endpoint alone. Absent in records of earlier versions. */
  readonly endpoint_id?: string | null
  readonly name: string
  readonly scopes: readonly Scope[]
  /** SHA-256 of the key's text, hex. */
  readonly hash: string
  readonly created_at: string
  readonly expires_at: string | null
  /** After it the key is reported as overdue for rotation. */
  readonly rotate_by: string | null
  /** Id of the key that replaces it. */
  readonly replaced_by: string | null
}

interface ApiKeyUseRecord {
  readonly id: string
  readonly last_used_at: string
}

export interface MetaRecord {
  /** Of the newest change. */
  readonly revision: number
  /** Ids of the newest changes, so that a writer can tell whether its own was committed. */
  readonly change_ids: readonly string[]
}

export interface RecordKinds {
  tenant: TenantRecord
  endpoint: EndpointRecord
  secret: SecretRecord
  'api-key': ApiKeyRecord
  'api-key-use': ApiKeyUseRecord
}
export type RecordKind = keyof RecordKinds

/** One key of the topic with its new value; null deletes it. */
export type Change = {
  [Kind in RecordKind]: {
    readonly kind: Kind
    readonly id: string
    readonly value: RecordKinds[Kind] | null
  }
}[RecordKind]

export const metaKey = 'meta'
export const barrierKey = 'barrier'

/** Ids hold no slash, so that the key tells kind and id apart. */
export function recordKey({ kind, id }: Pick<Change, 'kind' | 'id'>): string {
  return `${kind}/${id}`
}

/** An id of a secret among all of them. */
export function secretId(endpointId: string, id: string): string {
  return `${endpointId}/${id}`
}

export function encodeRecord(value: unknown): string {
  return JSON.stringify(value)
}
