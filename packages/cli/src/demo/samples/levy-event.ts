// Levy's envelope on the wire: JSON with its own event id, and a hex signature over the body.

import type { About, DemoRun } from './demo-run.ts'
import { eventIdOf, isoAt, jsonBytes } from './demo-run.ts'
import type { Expected, ExpectedRecord, Sample, SampleOptions } from './sample.ts'
import { sampleOf } from './sample.ts'

export interface LevyEvent {
  type: string
  about: About
  secondsAgo: number
  data?: Readonly<Record<string, unknown>>
  /** Default: from resource and type. */
  id?: string
  attempt?: number
  /** Further members of the envelope, or others instead of the usual ones. */
  envelope?: Readonly<Record<string, unknown>>
}

export function levy(
  run: DemoRun,
  event: LevyEvent,
  expected: Expected | ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  const { type, about, attempt = 1 } = event
  const eventId = event.id ?? eventIdOf('evt-', about, type)
  const body = jsonBytes({
    event_id: eventId,
    event_type: type,
    occurred_at: isoAt(run, event.secondsAgo),
    resource_id: about.id,
    resource_type: about.type,
    tenant_id: run.tenantId,
    subaccount_id: 'berlin',
    delivery_attempt: attempt,
    data: event.data ?? {},
    ...event.envelope,
  })
  const draft = {
    title: `levy ${type} ${about.id}`,
    endpointId: 'levy-demo',
    eventId,
    body,
  } as const
  return sampleOf(draft, expected, options)
}
