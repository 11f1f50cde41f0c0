// What an endpoint is once its configuration has been read: every default of its adapter is filled in.
// Values come from `parseEndpoints`; secrets themselves never stand here, only references to them.

export const adapters = ['generic', 'ump', 'smartcar', 'standard-webhooks'] as const
export type Adapter = (typeof adapters)[number]

export const endpointAuths = ['signature', 'api-key'] as const
export type EndpointAuth = (typeof endpointAuths)[number]

export interface EndpointSecret {
  readonly id: string
  /** `file:<name>` or `env:<NAME>`; resolved by the edge, never here. */
  readonly ref: string
  /** Inclusive; null is "since ever". */
  readonly notBeforeMs: number | null
  /** Exclusive; null is "for ever". */
  readonly notAfterMs: number | null
}

export interface EndpointSignature {
  /** Lower case. */
  readonly header: string
  readonly algorithm: 'hmac-sha256' | 'hmac-sha1'
  readonly encoding: 'hex' | 'base64' | 'base64url'
  /** Stands before the encoded value; empty for none. */
  readonly prefix: string
  /** False where senders are known to leave the prefix out. */
  readonly prefixRequired: boolean
  /** Template of what is signed, with `{body}`, `{timestamp}` and `{id}`. */
  readonly signedContent: string
  /** Lower case. */
  readonly timestampHeader: string | null
  /** Lower case; read only where the template has `{id}`. */
  readonly idHeader: string
  /** Null: a signature does not age. */
  readonly freshnessSeconds: number | null
}

/** Where the envelope fields stand in the body, `$.a.b[0]`; null: the source has no such field. */
export interface EndpointPaths {
  readonly eventId: string
  readonly eventType: string
  readonly occurredAt: string
  readonly resourceId: string
  readonly resourceType: string
  readonly subaccountId: string | null
  readonly deliveryAttempt: string | null
  readonly data: string | null
}

export interface Endpoint {
  readonly id: string
  readonly tenantId: string
  readonly source: string
  readonly adapter: Adapter
  readonly enabled: boolean
  /** `api-key`: the sender can't sign; whoever has the key can send anything. */
  readonly auth: EndpointAuth
  /** Lower case; where the key stands. Null where deliveries are signed. */
  readonly apiKeyHeader: string | null
  readonly secrets: readonly EndpointSecret[]
  readonly signature: EndpointSignature
  /** Not used by smartcar, whose shapes are fixed. */
  readonly paths: EndpointPaths
  /** Read where the path of the same name finds nothing; only for paths nobody configured. */
  readonly fallbackPaths: Partial<EndpointPaths>
  readonly limits: {
    /** Null: the platform's limit alone. */
    readonly bodyBytes: number | null
    readonly perSecond: number | null
  }
  /** The source's own names; null: all. Another type is kept and can't become an event. */
  readonly acceptedEventTypes: readonly string[] | null
  readonly onIdConflict: 'dead_letter' | 'count'
  /** When this sender gives up on an answer; null: as the platform's setting says. */
  readonly senderTimeoutMs: number | null
  /** Unsigned challenges are answered until then. */
  readonly verifyArmedUntilMs: number | null
}

const genericPaths: EndpointPaths = {
  eventId: '$.event_id',
  eventType: '$.event_type',
  occurredAt: '$.occurred_at',
  resourceId: '$.resource_id',
  resourceType: '$.resource_type',
  subaccountId: '$.subaccount_id',
  deliveryAttempt: '$.delivery_attempt',
  data: '$.data',
}

const umpPaths: EndpointPaths = {
  ...genericPaths,
  eventId: '$.id',
  eventType: '$.type',
  occurredAt: '$.timestamp',
  resourceId: '$.resource.id',
  resourceType: '$.resource.type',
}

export function defaultPaths(adapter: Adapter): EndpointPaths {
  return adapter === 'ump' ? umpPaths : genericPaths
}

const standardWebhooksFallback: Partial<EndpointPaths> = {
  eventType: '$.type',
  occurredAt: '$.timestamp',
  resourceType: '$.data.resource_type',
  resourceId: '$.data.resource_id',
}

const noFallback: Partial<EndpointPaths> = {}

/** Second places to look, for the paths the configuration leaves to the adapter. */
export function defaultFallbackPaths(adapter: Adapter): Partial<EndpointPaths> {
  return adapter === 'standard-webhooks' ? standardWebhooksFallback : noFallback
}

/** `{id}` of a template unless configured, and the event id of Standard Webhooks. */
export const defaultIdHeader = 'webhook-id'

const bodySignature = {
  algorithm: 'hmac-sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  prefixRequired: false,
  signedContent: '{body}',
  timestampHeader: null,
  idHeader: defaultIdHeader,
  freshnessSeconds: null,
} as const

/** The signature of an adapter whose vendor fixed it; generic endpoints configure theirs. */
export const fixedSignatures: Readonly<Record<Exclude<Adapter, 'generic'>, EndpointSignature>> = {
  ump: { ...bodySignature, header: 'x-ump-signature' },
  smartcar: { ...bodySignature, header: 'sc-signature' },
  'standard-webhooks': {
    header: 'webhook-signature',
    algorithm: 'hmac-sha256',
    encoding: 'base64',
    prefix: 'v1,',
    prefixRequired: true,
    signedContent: '{id}.{timestamp}.{body}',
    timestampHeader: 'webhook-timestamp',
    idHeader: defaultIdHeader,
    freshnessSeconds: 300,
  },
}

/** Adapters whose deliveries say when they were sent, in a place their vendor fixed. */
export const datedAdapters: readonly Adapter[] = ['smartcar', 'standard-webhooks']

/**
 * Settings an adapter does not need, because its vendor fixed them; they count for nothing, but for the
 * freshness of dated adapters.
 */
export const fixedSettings: Readonly<Record<Adapter, readonly ('signature' | 'paths')[]>> = {
  generic: [],
  ump: ['signature'],
  smartcar: ['signature', 'paths'],
  'standard-webhooks': ['signature'],
}

/** The adapter that wrote a raw record's `signature_scheme`, `<adapter>/<algorithm>`. */
export function adapterOfScheme(scheme: string | null): Adapter {
  const name = scheme?.slice(0, scheme.indexOf('/'))
  return adapters.find(adapter => adapter === name) ?? 'generic'
}
