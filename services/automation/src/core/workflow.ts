// What a workflow is: data that says which events open which tasks, what time does to them and which
// events close them. The engine (decide-event.ts, on-tick.ts) knows no workflow by name.

import type { AutomationDomain } from './automation-event.ts'
import type { TimeName } from './policies.ts'

/**
 * OPEN: a person is to act. WAITING: nothing to do before its time. DUE: the time of a step has come,
 * act now. OVERDUE: the time in which it had to be done has passed. The last three are final.
 */
export type TaskState = 'OPEN' | 'WAITING' | 'DUE' | 'OVERDUE' | 'DONE' | 'CANCELED' | 'EXPIRED'

type FinalState = 'DONE' | 'CANCELED'

/**
 * What of a resource a task is about. `resource`: all of it. The others look into vehicle events:
 * `connection`: the owner's permission or account; `signal`: one signal the vehicle cannot give;
 * `rate_limit`: the source wants fewer requests. See subjects.ts.
 */
export type About = 'resource' | 'connection' | 'signal' | 'rate_limit'

export interface Workflow {
  readonly name: string
  readonly domain: AutomationDomain
  /** One sentence for the table in the documentation. */
  readonly summary: string
  readonly about: About
  readonly opensOn: readonly string[]
  /** Whether an event that did not win its resource still opens a task. */
  readonly superseded: 'skip' | 'open'
  /** Why; part of the documentation. */
  readonly supersededBecause: string
  /** A field of the event that times count from; a missing one opens nothing. */
  readonly countsFrom: 'effective_at' | 'due_at'
  /** A further such event while the task is open: a line in its history, or a new task instead. */
  readonly repeated: 'note' | 'replace'
  /** Fields of the event a worker needs; texts and amounts. */
  readonly details: readonly string[]
  readonly tasks: readonly TaskPlan[]
}

export interface TaskPlan {
  readonly kind: string
  /** `{id}`: id of the resource, `{subject}`: what of it. */
  readonly title: string
  readonly priority: 'low' | 'normal' | 'high' | 'urgent'
  readonly assigneeGroup: string
  /** Null: nobody hears of it until its first timer fires. */
  readonly starts: 'OPEN' | 'WAITING' | 'DUE' | null
  /** In order; each counts from the one before, the first from `countsFrom`. */
  readonly timers: readonly Timer[]
  readonly closes: readonly Closing[]
  /** Fixed, or what the tenant's policy says. */
  readonly outcome: { readonly fixed: string } | { readonly policy: 'no_show' } | null
  /** While it is open, its subject is a signal that is not available, and its records say so. */
  readonly marks?: 'signal'
}

interface Timer {
  /** A time of the tenant's policy; a list of times is as many timers. */
  readonly after: TimeName
  readonly becomes: 'OPEN' | 'DUE' | 'OVERDUE' | 'DONE'
}

export interface Closing {
  readonly on: readonly string[]
  readonly state: FinalState
  /** One word for the history. */
  readonly reason: string
}
