// The words and numbers of a no-show alert. Everything in it follows from the tick and the events.

import { encodeKeyPart, formatMicros } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'

import { detectorVersion, microsPerMinute, noShowSpike } from './detectors.ts'

export interface SpikeFacts {
  status: 'OPEN' | 'UPDATED' | 'RESOLVED'
  tenantId: string
  openedAt: number
  tickAt: number
  /** Microseconds; end of the window the count is about. */
  windowEnd: number
  count: number
  eventIds: string[]
}

const windowMinutes = noShowSpike.windowMicros / microsPerMinute

export function spikeAlert(facts: SpikeFacts): Alert {
  return {
    dedup_key: `${noShowSpike.name}:${facts.tenantId}`,
    status: facts.status,
    detector: noShowSpike.name,
    severity: noShowSpike.severity,
    tenant_id: facts.tenantId,
    subject: null,
    summary: summaryOf(facts),
    source: `/tenants/${encodeKeyPart(facts.tenantId)}`,
    component: noShowSpike.component,
    window_start: facts.windowEnd - noShowSpike.windowMicros,
    window_end: facts.windowEnd,
    observed: facts.count,
    threshold: noShowSpike.threshold,
    event_time: facts.tickAt,
    event_ids: facts.eventIds,
    details: {
      event_type: noShowSpike.eventType,
      opened_at: formatMicros(facts.openedAt),
      detector_version: detectorVersion,
      window_minutes: String(windowMinutes),
    },
  }
}

function summaryOf({ status, tenantId, count }: SpikeFacts): string {
  const where = `for tenant ${tenantId} within ${windowMinutes} minutes`
  if (status === 'RESOLVED') return `No more reservation no-shows ${where}`
  const noShows = count === 1 ? '1 reservation no-show' : `${count} reservation no-shows`
  return `${noShows} ${where} (alert at ${noShowSpike.threshold})`
}
