// An alert record of the configurable detectors. Everything in it follows from signals and settings.

import { encodeKeyPart, formatMicros } from '@fleet/contracts'
import type { Alert, Resource } from '@fleet/contracts'

import type { DetectorName, Severity } from './detector-settings.ts'
import { detectorVersion, eventIdsMax } from './detectors.ts'

export type AlertStatus = 'OPEN' | 'UPDATED' | 'RESOLVED'

export interface AlertFacts {
  detector: DetectorName
  status: AlertStatus
  severity: Severity
  tenantId: string
  /** What the alert is about within the tenant; null: the whole tenant. */
  subject: Resource | null
  /** In place of the subject where that is no resource. */
  scope?: string
  component: string
  summary: string
  windowStart: number
  windowEnd: number
  observed: number
  threshold: number
  tickAt: number
  openedAt: number
  eventIds: readonly string[]
  settingsVersion: string
  details: Readonly<Record<string, string>>
}

export function buildAlert(facts: AlertFacts): Alert {
  const { detector, tenantId, subject } = facts
  const scope = facts.scope ?? (subject === null ? '' : `${subject.type}/${subject.id}`)
  return {
    dedup_key: `${detector}:${tenantId}${scope === '' ? '' : `:${scope}`}`,
    status: facts.status,
    detector,
    severity: facts.severity,
    tenant_id: tenantId,
    subject: subject === null ? null : { type: subject.type, id: subject.id },
    summary: facts.summary,
    source: `/tenants/${encodeKeyPart(tenantId)}`,
    component: facts.component,
    window_start: facts.windowStart,
    window_end: facts.windowEnd,
    observed: facts.observed,
    threshold: facts.threshold,
    event_time: facts.tickAt,
    event_ids: facts.eventIds.slice(-eventIdsMax),
    details: {
      ...facts.details,
      opened_at: formatMicros(facts.openedAt),
      detector_version: detectorVersion,
      settings_version: facts.settingsVersion,
    },
  }
}
