// Which alert belongs to which label, strictly: docs/alerting.md has the rules in words. An alert that
// opens for no label, or a second time for the same one, is a false alarm.

import type { Alert } from '@fleet/contracts'

import type { Label } from './traffic.ts'

const minuteMs = 60_000
/** An alert may say so this much later than its flood ended; of an outage, it must say so while it lasts. */
const floodGraceMs = 30 * minuteMs
const overdueGraceMs = 10 * minuteMs
const withheldGraceMs = 90 * minuteMs

export interface Matched {
  alert: Alert
  /** Null: a false alarm. */
  label: Label | null
}

export interface Judged {
  opened: Matched[]
  missed: Label[]
  found: Label[]
}

export function judge(alerts: readonly Alert[], labels: readonly Label[]): Judged {
  const taken = new Set<string>()
  const found = new Set<Label>()
  const opened: Matched[] = []
  for (const alert of alerts) {
    if (alert.status !== 'OPEN') continue
    const fitting = labels.find(label => fits(alert, label))
    const pair = `${fitting === undefined ? '' : labels.indexOf(fitting)} ${alert.dedup_key}`
    const label = fitting === undefined || taken.has(pair) ? null : fitting
    taken.add(pair)
    if (label !== null) found.add(label)
    opened.push({ alert, label })
  }
  const required = labels.filter(({ kind }) => kind !== 'withheld')
  return {
    opened,
    missed: required.filter(label => !found.has(label)),
    found: required.filter(label => found.has(label)),
  }
}

const floodDetectors: Record<'no-shows' | 'disputes' | 'failures', readonly string[]> = {
  'no-shows': ['no-show-spike', 'no-show-seasonal'],
  disputes: ['dispute-volume'],
  failures: ['command-failures'],
}

function fits(alert: Alert, label: Label): boolean {
  if (alert.tenant_id !== label.tenant) return false
  const { detector } = alert
  switch (label.kind) {
    case 'outage':
      return (
        detector === 'silent-source' &&
        alert.details['source'] === label.source &&
        isWithin(alert, label, 0)
      )
    case 'flood': {
      const isSubject = label.vehicle === null || alert.subject?.id === label.vehicle
      const isKind = floodDetectors[label.of].includes(detector)
      return isKind && isSubject && isWithin(alert, label, floodGraceMs)
    }
    case 'overdue':
      return (
        detector === 'check-out-timeout' &&
        alert.subject?.id === label.session &&
        isWithin(alert, label, overdueGraceMs)
      )
    case 'withheld':
      return (
        (detector === 'check-out-timeout' || detector === 'check-in-timeout') &&
        alert.subject?.id === label.session &&
        isWithin(alert, label, withheldGraceMs)
      )
  }
}

function isWithin(alert: Alert, { fromMs, toMs }: Label, graceMs: number): boolean {
  const atMs = alert.event_time / 1000
  return atMs >= fromMs && atMs <= toMs + graceMs
}
