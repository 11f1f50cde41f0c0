// What can be asked of the control plane, by whom, and how it can be refused. A command changes nothing:
// it is decided into changes and audit records, which the writer commits together.

import type { JsonObject } from '@fleet/sources'
import type { AuditRecord } from './audit.ts'
import type { ApiKeyRecord, Change, Scope, Sealed } from './records.ts'

export type Command =
  | { kind: 'put-tenant'; id: string; name: string }
  | { kind: 'delete-tenant'; id: string }
  | { kind: 'put-endpoint'; id: string; tenantId: string; definition: JsonObject }
  | { kind: 'delete-endpoint'; id: string }
  | {
      kind: 'put-secret'
      endpointId: string
      id: string
      /** Null keeps what is there: only the times change. */
      source: { readonly value: string } | { readonly ref: string } | null
      notBefore: string | null
      notAfter: string | null
    }
  | { kind: 'delete-secret'; endpointId: string; id: string }
  | { kind: 'reseal-secrets' }
  | {
      kind: 'create-api-key'
      tenantId: string | null
      /** With `events:write`; null: every endpoint of the tenant. */
      endpointId: string | null
      name: string
      scopes: readonly Scope[]
      expiresAt: string | null
    }
  | { kind: 'rotate-api-key'; id: string; overlapSeconds: number }
  | { kind: 'delete-api-key'; id: string }
  /** With `prune` the secrets of its endpoints that are not in the file are removed. */
  | { kind: 'import-endpoints'; file: JsonObject; prune?: boolean }

/** Who asks: an API key, or the operator at the machine who makes the first one. */
export type Actor = Pick<ApiKeyRecord, 'id' | 'tenant_id' | 'scopes'>

/** Conditional request (RFC 9110): which state of the resource the caller has seen. */
export interface Precondition {
  /** Revisions of `If-Match`; `any` is `*`; null: not given. */
  readonly ifMatch: readonly number[] | 'any' | null
  /** `If-None-Match: *`: only when it does not exist yet. */
  readonly ifNoneMatch: boolean
}

export const noPrecondition: Precondition = { ifMatch: null, ifNoneMatch: false }

export type RefusalCode =
  | 'forbidden'
  | 'not_found'
  | 'precondition_required'
  | 'precondition_failed'
  | 'invalid'
  | 'conflict'

export interface Refusal {
  readonly code: RefusalCode
  /** Sentences that repeat no secret. */
  readonly problems: readonly string[]
}

/** What a command needs from outside; the cores have neither clock nor chance nor keys. */
export interface DecisionContext {
  readonly nowMs: number
  readonly actor: Actor
  readonly precondition: Precondition
  readonly mode: 'development' | 'production'
  /** How many days after its making a key should be rotated. */
  readonly rotateDays: number
  readonly sealer: Sealer
  makeApiKey(): { id: string; text: string; hash: string }
}

interface SealPlace {
  readonly tenantId: string
  readonly endpointId: string
  readonly keyId: string
  readonly version: number
}

export interface Sealer {
  readonly masterKeyId: string
  seal(place: SealPlace, secret: string): Sealed
  /** The same secret under the sealing master key and a new version; null: it does not open. */
  reseal(from: SealPlace, sealed: Sealed, version: number): Sealed | null
}

export interface Outcome {
  readonly changes: readonly Change[]
  readonly audit: readonly AuditRecord[]
  /** What the caller is shown; an API key's text stands here and nowhere else. */
  readonly shown: JsonObject
}

export type Decision =
  | { readonly ok: true; readonly outcome: Outcome }
  | { readonly ok: false; readonly refusal: Refusal }

export function refuse(code: RefusalCode, ...problems: readonly string[]): Decision {
  return { ok: false, refusal: { code, problems } }
}
