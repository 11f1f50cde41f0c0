// One event: which tasks it opens, adds to and closes. Reads memory, changes nothing.

import { microsPerDay, microsPerMilli } from '@fleet/contracts'
import type { Coordinates } from '@fleet/contracts'

import type { AnyEvent, AutomationEvent } from './automation-event.ts'
import { isAfter, keptMicros, momentOf, taskKeyOf } from './memory.ts'
import type { ClosedTask, LiveTask, TaskChange, TaskContent } from './memory.ts'
import type { TaskMemory, TaskOutcome, TimerLeft } from './memory.ts'
import { policyOf } from './policies.ts'
import type { Policies, TenantPolicy } from './policies.ts'
import { subjectsOf } from './subjects.ts'
import type { Subject } from './subjects.ts'
import { newTask, nextVersion } from './task-content.ts'
import type { Closing, TaskPlan, TaskState, Workflow } from './workflow.ts'
import { workflowsOf } from './workflows.ts'

export interface EventContext {
  readonly key: string
  readonly origin: Coordinates
  readonly streamTimeMs: number
  /** A replayed dead letter. */
  readonly isRedriven: boolean
  readonly policies: Policies
  sha256Hex(text: string): string
}

interface Move {
  readonly memory: TaskMemory
  readonly workflow: Workflow
  readonly plan: TaskPlan
  readonly event: AnyEvent
  readonly context: EventContext
  readonly tasks: TaskContent[]
  readonly changes: TaskChange[]
}

/** Tasks opened by many events may be closed by one: its transaction stays small. About 5 MB. */
const tasksPerEventMax = 1000

const nothing: TaskOutcome = { tasks: [], changes: [] }

export function decideEvent(
  memory: TaskMemory,
  input: AutomationEvent,
  context: EventContext,
): TaskOutcome {
  const { event, domain } = input
  if (event.mode === 'TEST') return nothing
  const tasks: TaskContent[] = []
  const changes: TaskChange[] = []
  for (const workflow of workflowsOf(domain)) {
    const isOpening = opens(workflow, event, context)
    const isClosing = workflow.tasks.some(({ closes }) => closingOf(closes, event) !== undefined)
    if (!isOpening && !isClosing) continue
    const subjects = subjectsOf(workflow.about, input, text => context.sha256Hex(text))
    for (const plan of workflow.tasks) {
      const move = { memory, workflow, plan, event, context, tasks, changes }
      const closing = closingOf(plan.closes, event)
      if (closing !== undefined) closeAll(move, subjects.closed, closing)
      if (isOpening) for (const subject of subjects.opened) open(move, subject)
    }
  }
  return { tasks, changes }
}

function opens({ opensOn, superseded }: Workflow, event: AnyEvent, context: EventContext): boolean {
  if (!opensOn.includes(event.event_type)) return false
  // What followed a replayed one was decided before it, and what it closed is not remembered here.
  const isLate = event.disposition === 'SUPERSEDED' || context.isRedriven
  if (isLate && superseded === 'skip') return false
  return !isTooOld(event, context)
}

function isTooOld(event: AnyEvent, { streamTimeMs }: EventContext): boolean {
  return event.effective_at < streamTimeMs * microsPerMilli - keptMicros
}

function closingOf(closes: readonly Closing[], event: AnyEvent): Closing | undefined {
  return closes.find(({ on }) => on.includes(event.event_type))
}

function open(move: Move, subject: Subject): void {
  const { memory, workflow, plan, event, context, tasks, changes } = move
  const countsFrom = startOf(workflow, event)
  if (countsFrom === null) return
  const key = taskKeyOf(plan.kind, context.key, subject.name)
  const known = memory.get(key)
  const moment = momentOf(event)
  if (known?.status === 'live') {
    if (known.task.event_id === event.event_id) return
    if (workflow.repeated === 'note') return note(move, key, known)
    if (!isAfter(moment, known.asked)) return
    if (known.isPublished) {
      const step = { at: event.effective_at, state: 'CANCELED', reason: 'replaced', event } as const
      tasks.push(nextVersion(known.task, step, { closed_at: event.effective_at }))
    }
  } else if (known !== undefined) {
    if (known.openedBy === event.event_id || !isAfter(moment, known.closedBy)) return
  }
  const policy = policyOf(context.policies, event.tenant_id)
  const timers = timersOf(plan, policy)
  const timerAt = countsFrom + (timers[0]?.after ?? keptMicros)
  const task = newTask({
    workflow,
    plan,
    subject,
    event,
    origin: context.origin,
    taskId: taskIdOf(event, context, plan.kind, subject.name),
    policy,
    policyVersion: context.policies.version,
    timers,
    dueAt: timers.length === 0 ? null : timerAt,
  })
  const isPublished = plan.starts !== null
  if (isPublished) tasks.push(task)
  const value: LiveTask = { status: 'live', task, isPublished, asked: moment, timers, timerAt }
  changes.push({ key, value })
}

/** The same event again, and what nobody has heard of, is no news. */
function note({ event, tasks, changes }: Move, key: string, known: LiveTask): void {
  const { task, isPublished } = known
  if (!isPublished || task.history.some(({ event_id }) => event_id === event.event_id)) return
  const { effective_at: at } = event
  const state = task.state as TaskState
  const next = nextVersion(task, { at, state, reason: 'repeated', event })
  const moment = momentOf(event)
  const asked = isAfter(moment, known.asked) ? moment : known.asked
  tasks.push(next)
  changes.push({ key, value: { ...known, task: next, asked } })
}

/** What is more than one event may close is closed by the next one that says so, or by its time. */
function closeAll(move: Move, names: readonly (string | null)[], closing: Closing): void {
  for (const name of names) {
    if (move.tasks.length >= tasksPerEventMax) return
    close(move, name, closing)
  }
}

/** Only what came after the event that asks for the task closes it, whichever arrived first. */
function close(move: Move, name: string | null, closing: Closing): void {
  const { memory, workflow, plan, event, context, tasks, changes } = move
  const key = taskKeyOf(plan.kind, context.key, name)
  const known = memory.get(key)
  const moment = momentOf(event)
  if (known?.status !== 'live') {
    if (workflow.superseded === 'open') remember(move, key, known)
    return
  }
  if (!isAfter(moment, known.asked)) return
  if (!known.isPublished) {
    changes.push({ key, value: null })
    return
  }
  const { effective_at: at } = event
  const { state, reason } = closing
  tasks.push(nextVersion(known.task, { at, state, reason, event }, { closed_at: at }))
  const timerAt = context.streamTimeMs * microsPerMilli + keptMicros
  const openedBy = known.task.event_id
  changes.push({ key, value: { status: 'closed', openedBy, closedBy: moment, timerAt } })
}

/** Where a late event may open a task, it must be known that it was closed before it was opened. */
function remember(
  { event, context, changes }: Move,
  key: string,
  known: ClosedTask | undefined,
): void {
  const moment = momentOf(event)
  if (isTooOld(event, context)) return
  if (known !== undefined && !isAfter(moment, known.closedBy)) return
  const timerAt = context.streamTimeMs * microsPerMilli + keptMicros
  const openedBy = known?.openedBy ?? null
  changes.push({ key, value: { status: 'closed', openedBy, closedBy: moment, timerAt } })
}

/** A due time further ahead than this is taken for none: its task would be held until then. */
const dueAheadMaxMicros = 366 * microsPerDay

function startOf({ countsFrom }: Workflow, event: AnyEvent): number | null {
  if (countsFrom === 'effective_at') return event.effective_at
  if (!('due_at' in event) || event.due_at === null) return null
  return event.due_at <= event.effective_at + dueAheadMaxMicros ? event.due_at : null
}

function timersOf({ timers }: TaskPlan, { times }: TenantPolicy): TimerLeft[] {
  return timers.flatMap(({ after, becomes }) =>
    times[after].map(micros => ({ after: micros, becomes })),
  )
}

/** The same event always gives the same id, so that a consumer may upsert by it. */
function taskIdOf(
  event: AnyEvent,
  context: EventContext,
  kind: string,
  subject: string | null,
): string {
  const { tenant_id, source, event_id } = event
  const identity = JSON.stringify(['task', tenant_id, source, context.key, event_id, kind, subject])
  return context.sha256Hex(identity).slice(0, 32)
}
