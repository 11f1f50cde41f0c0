// Sessions: an event says which phase a rental session is in and until when the next is expected. Only
// the newest event counts; nothing is decided here, see judge-sessions.ts.

import { rankOf } from '@fleet/contracts'
import type { AlertSignal } from '@fleet/contracts'
import { microsPerHour } from '@fleet/contracts'

import type { DetectorSettings, TimeoutName } from './detector-settings.ts'
import { microsPerMinute, sessionPhases } from './detectors.ts'
import { hasRoom, recallLastTick, sessionKey } from './memory.ts'
import type { Change, Memory, SessionFact, SessionPhase } from './memory.ts'
import { compareText } from './ticking.ts'

/** A deadline that was so long over when it became known is history, not a reason for an alert. */
const staleMicros = 24 * microsPerHour
/** After a session's last deadline its end is remembered, so that nothing older revives it. */
const endedMicros = staleMicros + 2 * microsPerHour
/** Events of one session that come together are taken together, whatever tick lies between them. */
const settleMicros = 2 * microsPerMinute
/** A due time further ahead than this is taken for no due time. */
const dueAheadMaxMicros = 366 * 24 * microsPerHour

export function followSession(
  memory: Memory,
  signal: AlertSignal,
  settings: DetectorSettings,
): Change[] {
  const { tenant_id: tenantId, resource, event_id: eventId, event_type: eventType } = signal
  const phase = eventType === null ? undefined : sessionPhases.get(eventType)
  // What lost on arrival is older than what is known of the session.
  if (phase === undefined || signal.disposition !== 'CURRENT') return []
  const { effective_at: at } = signal
  if (resource === null || eventId === null || eventType === null || at === null) return []
  const key = sessionKey(tenantId, resource)
  const known = memory.get('session', key)
  const event = { at, rank: rankOf(eventType), eventId }
  if (known !== undefined && !isNewer(event, known)) return []
  if (known === undefined && !hasRoom(memory, 'session', tenantId)) return []
  const dueAt = dueAtOf(signal, at, eventType, known)
  const deadline = deadlineOf(phase, signal, at, dueAt, settings)
  const arrivedAfter = recallLastTick(memory) ?? 0
  const fact: SessionFact = {
    kind: 'session',
    tenantId,
    resource: { type: resource.type, id: resource.id },
    ...event,
    eventType,
    phase,
    dueAt,
    deadline,
    arrivedAfter,
    lookAt: lookAtOf(phase, at, deadline, arrivedAfter, known),
    open: known?.open ?? null,
  }
  return [{ key, value: fact }]
}

/** The alert that says a phase lasts too long. */
export function timeoutOf(phase: SessionPhase): TimeoutName {
  return phase === 'check_in' ? 'check-in-timeout' : 'check-out-timeout'
}

export function isStale({ deadline, arrivedAfter }: SessionFact, tickAt: number): boolean {
  if (deadline === null) return false
  return deadline <= (arrivedAfter === 0 ? tickAt : arrivedAfter) - staleMicros
}

type Version = Pick<SessionFact, 'at' | 'rank' | 'eventId'>

function isNewer(a: Version, b: Version): boolean {
  return (a.at - b.at || a.rank - b.rank || compareText(a.eventId, b.eventId)) > 0
}

function dueAtOf(
  signal: AlertSignal,
  at: number,
  eventType: string,
  known: SessionFact | undefined,
): number | null {
  // Extended, and not said until when: what was known of it is wrong.
  const kept = eventType === 'rental_session.extended' ? null : (known?.dueAt ?? null)
  const dueAt = signal.due_at ?? kept
  return dueAt !== null && dueAt > at + dueAheadMaxMicros ? null : dueAt
}

function deadlineOf(
  phase: SessionPhase,
  signal: AlertSignal,
  at: number,
  dueAt: number | null,
  all: DetectorSettings,
): number | null {
  if (phase === 'closed') return null
  const { tenant_id: tenantId, started_at: startedAt } = signal
  if (phase === 'check_in') {
    const planned = startedAt !== null && startedAt <= at + dueAheadMaxMicros ? startedAt : at
    const { minutes } = all.of('check-in-timeout', tenantId)
    return Math.max(at, planned) + minutes * microsPerMinute
  }
  const settings = all.of('check-out-timeout', tenantId)
  if (phase === 'check_out') return at + settings.minutes * microsPerMinute
  return dueAt === null ? null : dueAt + settings.grace_minutes * microsPerMinute
}

function lookAtOf(
  phase: SessionPhase,
  at: number,
  deadline: number | null,
  arrivedAfter: number,
  known: SessionFact | undefined,
): number {
  // Its alert may be over with this event: at the next tick.
  if (known !== undefined && known.open !== null) return 0
  if (phase !== 'closed' && deadline !== null) {
    return Math.max(deadline, arrivedAfter + settleMicros)
  }
  return forgetAtOf(at, known?.deadline ?? null, arrivedAfter)
}

/** When a session of which nothing is expected any more can be forgotten. */
export function forgetAtOf(at: number, deadline: number | null, arrivedAfter: number): number {
  return Math.max(at, deadline ?? 0, arrivedAfter) + endedMicros
}
