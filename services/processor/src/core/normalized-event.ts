// What the mapper hands to the decision: one delivery in our vocabulary. Declared here by its
// shape, because a core knows no source; packages/sources makes values of it.

import type { Domain, Mode, Resource } from '@fleet/contracts'

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
  /** Values are JSON text. */
  readonly attributes: Readonly<Record<string, string>>
  /** The same as JSON: made once, used for the fingerprint and for the register. */
  readonly attributesJson: string
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
