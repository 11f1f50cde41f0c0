// A webhook body in the format of an endpoint's source. Pure: ids and times come in, so that the same
// event gives the same bytes.

import type { Endpoint } from '@fleet/sources'
import { setPath } from './set-path.ts'
import { smartcarBody } from './smartcar-body.ts'

export interface SampleEvent {
  /** As the source names it. */
  type: string
  /** Null: taken from the event type. */
  resourceType: string | null
  resourceId: string
  eventId: string
  /** Written into the body as it is; null: `nowMs`, in the source's own format. */
  occurredAt: string | null
  nowMs: number
  data: Readonly<Record<string, unknown>> | null
  mode: string | null
  /** Changes with every delivery, where the source has such a field. */
  deliveryId: string
}

/** The body as an object, in the order the source writes it. */
export function eventBody(endpoint: Endpoint, event: SampleEvent): Record<string, unknown> {
  switch (endpoint.adapter) {
    case 'generic':
    case 'standard-webhooks':
      return envelope(endpoint, event)
    case 'ump':
      return umpBody(endpoint, event)
    case 'smartcar':
      return smartcarBody(event)
  }
}

/** Our generic envelope, its fields where the endpoint's paths say. */
function envelope(endpoint: Endpoint, event: SampleEvent): Record<string, unknown> {
  const { paths } = endpoint
  const body: Record<string, unknown> = {}
  // In Standard Webhooks the event id is the webhook-id header.
  if (endpoint.adapter === 'generic') setPath(body, paths.eventId, event.eventId)
  setPath(body, paths.eventType, event.type)
  setPath(body, paths.occurredAt, event.occurredAt ?? new Date(event.nowMs).toISOString())
  setPath(body, paths.resourceType, event.resourceType ?? resourceTypeOf(event.type))
  setPath(body, paths.resourceId, event.resourceId)
  if (endpoint.adapter === 'generic') body['tenant_id'] = endpoint.tenantId
  if (event.mode !== null) body['mode'] = event.mode
  if (paths.data !== null) setPath(body, paths.data, event.data ?? {})
  return body
}

/** UMP's events are thin and have whole seconds; what `data` holds is added as the source would. */
function umpBody({ paths }: Endpoint, event: SampleEvent): Record<string, unknown> {
  const wholeSeconds = `${new Date(event.nowMs).toISOString().slice(0, 19)}Z`
  const body: Record<string, unknown> = {}
  setPath(body, paths.eventId, event.eventId)
  setPath(body, paths.eventType, event.type)
  setPath(body, paths.occurredAt, event.occurredAt ?? wholeSeconds)
  setPath(body, paths.resourceType, event.resourceType ?? resourceTypeOf(event.type))
  setPath(body, paths.resourceId, event.resourceId)
  if (event.mode !== null) body['mode'] = event.mode
  if (event.data !== null) body['data'] = event.data
  return body
}

/** `reservation.no_show` → reservation, `rental_session.active` → rental_session, `booking_created` → booking. */
function resourceTypeOf(eventType: string): string {
  const dot = eventType.indexOf('.')
  if (dot > 0) return eventType.slice(0, dot)
  const underscore = eventType.indexOf('_')
  return underscore > 0 ? eventType.slice(0, underscore) : eventType
}
