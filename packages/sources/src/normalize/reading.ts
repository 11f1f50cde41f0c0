// What an adapter reads from one body: the mapped event, and what of it counts when two deliveries of
// the same event id are compared.

import type { Domain } from '@fleet/contracts'
import type { Attributes } from '../attributes.ts'
import type { FieldsOf } from './normalized-event.ts'

export interface Reading {
  readonly domain: Domain
  readonly eventType: string
  readonly subaccountId: string | null
  readonly fields: FieldsOf<Domain>
  readonly attributes: Attributes
  readonly content: {
    /** As `fields`, without times taken from the delivery. */
    readonly fields: object
    /** Without the delivery's own fields. */
    readonly attributes: Attributes
    /** False when the event's time is the delivery's: a retry of the same event has another. */
    readonly hasOwnTime: boolean
  }
}
