// An alert as Prometheus Alertmanager takes it by POST /api/v2/alerts (postableAlert), for whoever sends it
// there. Nothing is sent here. Labels are what identifies an alert there, so nothing in them changes from
// OPEN to RESOLVED.

import { formatMicros } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'

export interface AlertmanagerAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  /** Only when it is over; else Alertmanager's own timeout counts and it must be sent again. */
  endsAt?: string
}

export function toAlertmanager(alert: Alert): AlertmanagerAlert {
  const { subject, details } = alert
  const isOver = alert.status === 'RESOLVED'
  return {
    labels: {
      alertname: alert.detector,
      severity: alert.severity,
      component: alert.component,
      dedup_key: alert.dedup_key,
      ...(alert.tenant_id === null ? {} : { tenant: alert.tenant_id }),
      ...(subject === null ? {} : { subject_type: subject.type, subject_id: subject.id }),
    },
    annotations: {
      summary: alert.summary,
      observed: String(alert.observed),
      threshold: String(alert.threshold),
      event_ids: alert.event_ids.join(' '),
      ...details,
    },
    startsAt: details['opened_at'] ?? formatMicros(alert.event_time),
    ...(isOver ? { endsAt: formatMicros(alert.event_time) } : {}),
  }
}
