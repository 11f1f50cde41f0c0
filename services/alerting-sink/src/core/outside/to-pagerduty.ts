// An alert in the words of PagerDuty's Events API v2, for whoever sends it there. Nothing is sent here.
// https://developer.pagerduty.com/docs/events-api-v2-overview

import { formatMicros, murmur2, utf8Bytes } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'

export interface PagerDutyEvent {
  routing_key: string
  event_action: 'trigger' | 'resolve'
  /** At most 255 characters. */
  dedup_key: string
  payload: {
    /** At most 1024 characters. */
    summary: string
    source: string
    severity: string
    timestamp: string
    component: string
    group: string
    class: string
    custom_details: Record<string, unknown>
  }
  client: string
}

const dedupKeyMax = 255
const summaryMax = 1024

/** OPEN and UPDATED are both `trigger`: the same `dedup_key` adds to the open incident. */
export function toPagerDuty(alert: Alert, routingKey: string): PagerDutyEvent {
  return {
    routing_key: routingKey,
    event_action: alert.status === 'RESOLVED' ? 'resolve' : 'trigger',
    dedup_key: shortened(alert.dedup_key),
    payload: {
      summary: alert.summary.slice(0, summaryMax),
      source: alert.source,
      severity: alert.severity,
      timestamp: formatMicros(alert.event_time),
      component: alert.component,
      group: alert.tenant_id ?? 'platform',
      class: alert.detector,
      custom_details: {
        ...alert.details,
        status: alert.status,
        observed: alert.observed,
        threshold: alert.threshold,
        window_start: formatMicros(alert.window_start),
        window_end: formatMicros(alert.window_end),
        event_ids: alert.event_ids,
      },
    },
    client: 'Fleetstream',
  }
}

/** Ids may be long; two keys that differ only at their ends must stay two. */
function shortened(key: string): string {
  if (key.length <= dedupKeyMax) return key
  const ending = `~${(murmur2(utf8Bytes(key)) >>> 0).toString(16)}`
  return key.slice(0, dedupKeyMax - ending.length) + ending
}
