// Automation under faults: what must hold of its tasks whatever the timing was. That each timer is right
// is the simulator's to judge; here no step may be lost, repeated, made up or taken ahead of its time.

import type { Task } from '@fleet/contracts'

import type { CommonEvent } from '../../../packages/cli/src/verify/evidence.ts'
import type { Evidence, Found, Timed } from './evidence.ts'
import { at, isAhead } from './violation.ts'
import type { Violation } from './violation.ts'

/** What a live event that won opens, or adds to when it is open. */
const opened: Readonly<Record<string, readonly string[]>> = {
  'reservation.no_show': ['no-show-support'],
  'incident.damage_reported': ['damage-triage'],
  'incident.claim_opened': ['claims-case', 'claim-documents'],
  'violation.disputed': ['compliance-review'],
  'billing.charge_failed': ['payment-retry', 'customer-reminder'],
  'vehicle_availability.calendar_conflict': ['calendar-conflict'],
}

const final: readonly string[] = ['DONE', 'CANCELED', 'EXPIRED']
/** Older events open nothing; an hour less, because it is not known when the stage looked. */
const openingMicros = (30 * 24 - 1) * 3600 * 1_000_000

export function judgeTasks({ events, tasks, letters }: Evidence): Violation[] {
  const violations: Violation[] = (letters.get('automation') ?? []).map(({ value }) => {
    const detail = `dead-lettered as ${value.error_code}: ${value.error_message}`
    return { rule: 'wrong', where: at(value.origin), detail }
  })
  const places = new Map(events.map(event => [at(event), event]))
  const last = new Map<string, Found<Task>>()
  const told = new Set<string>()
  for (const task of tasks) {
    violations.push(...judgeStep(task, last.get(task.value.task_id), places))
    last.set(task.value.task_id, task)
    for (const { event_id } of task.value.history) {
      if (event_id !== null) told.add(`${task.value.kind} ${task.key} ${event_id}`)
    }
  }
  return [...violations, ...events.flatMap(event => missing(event, told))]
}

function judgeStep(
  task: Timed<Task>,
  before: Found<Task> | undefined,
  places: ReadonlyMap<string, Found<CommonEvent>>,
): Violation[] {
  const violations: Violation[] = []
  const complain = (rule: Violation['rule'], detail: string): void => {
    violations.push({ rule, where: at(task), detail: `${task.value.kind}: ${detail}` })
  }
  const { version, origin, event_id: eventId } = task.value
  const expected = (before?.value.version ?? 0) + 1
  if (version < expected) complain('repeated', `version ${version} once more`)
  if (version > expected) complain('torn', `version ${version}, must be ${expected}`)
  if (before !== undefined && final.includes(before.value.state)) {
    complain('wrong', `goes on after ${before.value.state}`)
  }
  const step = task.value.history.at(-1)
  if (step?.event_id === null && isAhead(step.at, task.appendedAtMs)) {
    complain('wrong', 'a timer fired ahead of its time')
  }
  const event = places.get(at(origin))
  if (event?.value.event_id !== eventId || event.key !== task.key) {
    complain('wrong', `comes from ${at(origin)}, which is not its event`)
  } else if (event.value.mode === 'TEST') {
    complain('wrong', `comes from the test ${at(origin)}`)
  }
  return violations
}

function missing(event: Found<CommonEvent>, told: ReadonlySet<string>): Violation[] {
  const { event_type: type, event_id: id, mode, disposition, effective_at, lineage } = event.value
  const isOld = effective_at < lineage.raw_timestamp - openingMicros
  if (mode !== 'LIVE' || disposition !== 'CURRENT' || isOld) return []
  return (opened[type] ?? [])
    .filter(kind => !told.has(`${kind} ${event.key} ${id}`))
    .map(kind => ({ rule: 'torn', where: at(event), detail: `no ${kind} task speaks of it` }))
}
