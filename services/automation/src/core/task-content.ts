// Makes a task and its next versions. Everything in it follows from the event, the policy and the tick.

import { formatMicros } from '@fleet/contracts'
import type { Coordinates, TaskHistory } from '@fleet/contracts'

import type { AnyEvent } from './automation-event.ts'
import { cutText } from './cut-text.ts'
import type { TaskContent, TimerLeft } from './memory.ts'
import type { TenantPolicy } from './policies.ts'
import type { Subject } from './subjects.ts'
import type { TaskPlan, TaskState, Workflow } from './workflow.ts'

/** An event may open many tasks, and each has these texts: a source's own may be as long as a delivery. */
const detailLengthMax = 1000

/** The first line stays, it says what opened the task. */
const historyMax = 20

export interface Opening {
  readonly workflow: Workflow
  readonly plan: TaskPlan
  readonly subject: Subject
  readonly event: AnyEvent
  readonly origin: Coordinates
  readonly taskId: string
  readonly policy: TenantPolicy
  readonly policyVersion: string
  readonly timers: readonly TimerLeft[]
  readonly dueAt: number | null
}

/** Version 0 is not published: its first timer makes version 1 of it. */
export function newTask(opening: Opening): TaskContent {
  const { workflow, plan, subject, event, origin, timers } = opening
  const isPublished = plan.starts !== null
  const state = plan.starts ?? 'WAITING'
  const fill = (text: string): string =>
    text.replace('{id}', event.resource.id).replace('{subject}', subject.name ?? 'all of it')
  return {
    task_id: opening.taskId,
    version: isPublished ? 1 : 0,
    workflow: workflow.name,
    kind: plan.kind,
    state,
    title: fill(plan.title),
    priority: plan.priority,
    assignee_group: plan.assigneeGroup,
    tenant_id: event.tenant_id,
    subaccount_id: event.subaccount_id,
    resource: { type: event.resource.type, id: event.resource.id },
    subject: subject.name,
    customer_id: customerOf(event),
    due_at: opening.dueAt,
    opened_at: event.effective_at,
    updated_at: event.effective_at,
    closed_at: null,
    step: 0,
    steps: timers.length,
    policy_version: opening.policyVersion,
    ...outcomeOf(plan, opening.policy),
    signal_available: plan.marks === 'signal' ? false : null,
    event_id: event.event_id,
    event_type: event.event_type,
    occurred_at: event.occurred_at,
    effective_at: event.effective_at,
    origin,
    history: isPublished ? [lineOf(event.effective_at, state, 'opened', event)] : [],
    details: cutAll({ ...detailsOf(workflow, event), ...subject.details }),
  }
}

export interface Step {
  readonly at: number
  readonly state: TaskState
  readonly reason: string
  /** Null: a timer. */
  readonly event: AnyEvent | null
}

export function nextVersion(
  task: TaskContent,
  step: Step,
  differences: Partial<TaskContent> = {},
): TaskContent {
  const { at, state, reason, event } = step
  const history = [...task.history, lineOf(at, state, reason, event)]
  if (history.length > historyMax) history.splice(1, history.length - historyMax)
  return {
    ...task,
    version: task.version + 1,
    state,
    updated_at: at,
    customer_id: task.customer_id ?? (event === null ? null : customerOf(event)),
    signal_available: availabilityAfter(task, state),
    history,
    ...differences,
  }
}

/** Closed by an event that brought the signal; after EXPIRED nobody looks any more, so nothing is known. */
function availabilityAfter({ signal_available }: TaskContent, state: TaskState): boolean | null {
  if (state === 'EXPIRED') return null
  // Missing in a task that was opened before records said it.
  const before = (signal_available as boolean | null | undefined) ?? null
  return before !== null && state === 'DONE' ? true : before
}

function lineOf(at: number, state: TaskState, reason: string, event: AnyEvent | null): TaskHistory {
  const { event_id = null, event_type = null } = event ?? {}
  return { at, state, reason, event_id, event_type }
}

/** A vehicle's events name its owner, all others the customer. */
function customerOf(event: AnyEvent): string | null {
  if ('customer_id' in event) return event.customer_id
  return 'user_id' in event ? event.user_id : null
}

function outcomeOf(
  { outcome }: TaskPlan,
  { noShow }: TenantPolicy,
): Pick<TaskContent, 'policy_outcome' | 'amount'> {
  if (outcome === null) return { policy_outcome: null, amount: null }
  if ('fixed' in outcome) return { policy_outcome: outcome.fixed, amount: null }
  return { policy_outcome: noShow.outcome, amount: noShow.amount }
}

function detailsOf({ details }: Workflow, event: AnyEvent): Record<string, string> {
  const fields = new Map<string, unknown>(Object.entries(event))
  const texts: Record<string, string> = {}
  for (const name of details) {
    const value = fields.get(name)
    if (value === null || value === undefined) continue
    if (name === 'amount') Object.assign(texts, moneyTexts(value))
    else texts[name] = typeof value === 'number' ? numberText(name, value) : String(value as string)
  }
  return texts
}

function cutAll(details: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(details).map(([name, text]) => [name, cutText(text, detailLengthMax)]),
  )
}

function moneyTexts(value: unknown): Record<string, string> {
  const { amount_minor, currency } = value as { amount_minor: number; currency: string }
  return { amount_minor: String(amount_minor), currency }
}

function numberText(name: string, value: number): string {
  return name === 'year' ? String(value) : formatMicros(value)
}
