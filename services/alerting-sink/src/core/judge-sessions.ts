// Check-in and check-out timeouts: what was expected of a session until its deadline has not come.

import { formatMicros, microsPerHour } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'

import { buildAlert } from './build-alert.ts'
import type { AlertStatus } from './build-alert.ts'
import type { DetectorSettings } from './detector-settings.ts'
import { microsPerMinute } from './detectors.ts'
import { forgetAtOf, isStale, timeoutOf } from './follow-session.ts'
import type { Change, Memory, SessionFact } from './memory.ts'
import { firstDue, ordered } from './ticking.ts'
import type { Outcome, Tick } from './ticking.ts'

type Open = NonNullable<SessionFact['open']>

/** What the end of an alert says about why. */
type Resolution = 'event' | 'given_up' | 'disabled'

interface Step {
  fact: SessionFact | null
  alerts: Alert[]
}

export function judgeSessions(memory: Memory, tick: Tick, settings: DetectorSettings): Outcome {
  const alerts: Alert[] = []
  const changes: Change[] = []
  for (const [key, fact] of ordered(firstDue(memory, 'session', tick.at))) {
    const step = judge(fact, tick.at, settings)
    for (const alert of step.alerts) alerts.push(alert)
    changes.push({ key, value: step.fact })
  }
  return { alerts, changes }
}

function judge(fact: SessionFact, at: number, settings: DetectorSettings): Step {
  if (fact.open === null) return judgeClosed(fact, at, settings)
  const { open, tenantId } = fact
  const { enabled, give_up_hours: giveUpHours } = settings.of(open.detector, tenantId)
  const isOverdue = overdueBy(fact, at) >= 0 && timeoutOf(fact.phase) === open.detector
  const isGivenUp = at - open.openedAt >= giveUpHours * microsPerHour
  if (!isOverdue || isGivenUp || !enabled) {
    const resolution = !enabled ? 'disabled' : isOverdue ? 'given_up' : 'event'
    const resolved = alertOf(fact, open, 'RESOLVED', at, settings, resolution)
    // Without an end in sight it is not watched any longer; an event would make it watched again.
    if (isOverdue) return { fact: quiet(fact), alerts: [resolved] }
    const next = judgeClosed({ ...fact, open: null }, at, settings)
    return { fact: next.fact, alerts: [resolved, ...next.alerts] }
  }
  if (open.isReminded || at < remindAtOf(open, tenantId, settings)) {
    return { fact: { ...fact, lookAt: nextLookAt(open, tenantId, settings) }, alerts: [] }
  }
  const reminded = { ...open, isReminded: true }
  const alert = alertOf(fact, reminded, 'UPDATED', at, settings, null)
  const lookAt = nextLookAt(reminded, tenantId, settings)
  return { fact: { ...fact, open: reminded, lookAt }, alerts: [alert] }
}

function judgeClosed(fact: SessionFact, at: number, settings: DetectorSettings): Step {
  if (fact.phase === 'closed' || fact.deadline === null) {
    const forgetAt = forgetAtOf(fact.at, fact.deadline, fact.arrivedAfter)
    return { fact: forgetAt <= at ? null : { ...fact, lookAt: forgetAt }, alerts: [] }
  }
  if (isStale(fact, at)) return { fact: null, alerts: [] }
  if (overdueBy(fact, at) < 0) return { fact: { ...fact, lookAt: fact.deadline }, alerts: [] }
  const detector = timeoutOf(fact.phase)
  if (!settings.of(detector, fact.tenantId).enabled) return { fact: quiet(fact), alerts: [] }
  const open = { detector, openedAt: at, isReminded: false, deadline: fact.deadline }
  const alert = alertOf(fact, open, 'OPEN', at, settings, null)
  return {
    fact: { ...fact, open, lookAt: nextLookAt(open, fact.tenantId, settings) },
    alerts: [alert],
  }
}

function quiet(fact: SessionFact): SessionFact {
  const lookAt = forgetAtOf(fact.at, fact.deadline, fact.arrivedAfter)
  return { ...fact, deadline: null, open: null, lookAt }
}

function overdueBy({ phase, deadline }: SessionFact, at: number): number {
  return phase === 'closed' || deadline === null ? -1 : at - deadline
}

function remindAtOf(open: Open, tenantId: string, settings: DetectorSettings): number {
  return open.deadline + settings.of(open.detector, tenantId).remind_minutes * microsPerMinute
}

function nextLookAt(open: Open, tenantId: string, settings: DetectorSettings): number {
  const giveUpAt =
    open.openedAt + settings.of(open.detector, tenantId).give_up_hours * microsPerHour
  return open.isReminded ? giveUpAt : Math.min(giveUpAt, remindAtOf(open, tenantId, settings))
}

const expected: Record<SessionFact['phase'], string> = {
  check_in: 'has not become active after its check-in began',
  active: 'was due and its check-out has not begun',
  check_out: 'has not been completed after its check-out began',
  closed: 'is over',
}

function alertOf(
  fact: SessionFact,
  open: Open,
  status: AlertStatus,
  at: number,
  settings: DetectorSettings,
  resolution: Resolution | null,
): Alert {
  const { tenantId, resource, phase, dueAt, eventId, eventType } = fact
  const { severity } = settings.of(open.detector, tenantId)
  const late = Math.max(0, Math.floor((at - open.deadline) / microsPerMinute))
  const name = `${resource.type} ${resource.id}`
  return buildAlert({
    detector: open.detector,
    status,
    severity,
    tenantId,
    subject: resource,
    component: 'rental_session',
    summary:
      status === 'RESOLVED'
        ? `${name}: ${resolution === 'event' ? `no longer overdue (${eventType})` : `no longer watched (${resolution})`}`
        : `${name} ${expected[phase]}, ${late} minutes past the deadline`,
    windowStart: Math.min(open.deadline, at),
    windowEnd: at,
    observed: late,
    threshold: 0,
    tickAt: at,
    openedAt: open.openedAt,
    eventIds: [eventId],
    settingsVersion: settings.version,
    details: {
      phase,
      event_type: eventType,
      deadline: formatMicros(open.deadline),
      ...(dueAt === null ? {} : { due_at: formatMicros(dueAt) }),
      ...(resolution === null ? {} : { resolution }),
    },
  })
}
