// What the mapper hands to the decision: one delivery in our vocabulary. Declared here by its
// shape, because a core knows no source; packages/sources makes values of it.

import type { Domain, EncodedMap, Mode, Resource } from '@fleet/contracts'

export interface NormalizedEvent {
  readonly domain: Domain
  readonly eventId: string
  readonly eventType: string
  readonly source: string
  readonly sourceEventType: string
  readonly tenantId: string
  readonly subaccountId: string | null
  readonly resource: Readonly<Resource>
  /** Microseconds. */
  readonly occurredAt: number
  readonly mode: Mode
  readonly deliveryAttempt: number | null
  /** The fields that only this domain's Avro record has. */
  readonly fields: object
  readonly attributes: {
    /** Values are JSON text. */
    readonly record: Readonly<Record<string, string>>
    /** `record` where it was written for the message already. */
    readonly encoded: EncodedMap | null
    /** `record` as JSON. */
    readonly json: string
  }
  /** Unsigned 32 bit, of the content without what changes from delivery to delivery. */
  readonly fingerprint: number
  readonly mapperVersion: string
}

export type Normalized =
  | { readonly ok: true; readonly event: NormalizedEvent }
  | {
      readonly ok: false
      readonly code: 'UNIDENTIFIED' | 'BAD_TIME'
      readonly message: string
    }
