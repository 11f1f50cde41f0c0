// One timer that has come due at a tick. It moves its task one step; the next step counts from this
// tick, so that after a downtime two steps of one task never come at once.

import type { LiveTask, TaskContent, TaskFact } from './memory.ts'
import { keptMicros } from './memory.ts'
import { nextVersion } from './task-content.ts'

export interface Fired {
  /** Null: nobody hears of it. */
  readonly task: TaskContent | null
  /** Null: forgotten. */
  readonly value: TaskFact | null
}

export function fireTimer(fact: TaskFact, tickAt: number): Fired {
  if (fact.status === 'closed') return { task: null, value: null }
  const [timer, ...timers] = fact.timers
  if (timer === undefined) return closed(fact, tickAt, 'EXPIRED', 'expired')
  if (timer.becomes === 'DONE') return closed(fact, tickAt, 'DONE', 'time_reached')
  const { becomes: state } = timer
  const [next] = timers
  const timerAt = tickAt + (next?.after ?? keptMicros)
  const passed = state === 'OVERDUE' ? fact.task.due_at : null
  const reason = state === 'OPEN' ? 'timed_out' : state.toLowerCase()
  const task = nextVersion(
    fact.task,
    { at: tickAt, state, reason, event: null },
    { due_at: next === undefined ? passed : timerAt, step: fact.task.step + 1 },
  )
  return { task, value: { ...fact, task, isPublished: true, timers, timerAt } }
}

function closed(fact: LiveTask, tickAt: number, state: 'EXPIRED' | 'DONE', reason: string): Fired {
  const step = fact.timers.length > 0 ? fact.task.step + 1 : fact.task.step
  const differences = { closed_at: tickAt, step }
  const task = nextVersion(fact.task, { at: tickAt, state, reason, event: null }, differences)
  const openedBy = fact.task.event_id
  const timerAt = tickAt + keptMicros
  return { task, value: { status: 'closed', openedBy, closedBy: fact.asked, timerAt } }
}
