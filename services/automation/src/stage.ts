// Automation as a declaration: seven event topics in, one record per change of a task out, timers on
// ticks.

import { resourceKey, topics, utf8Bytes } from '@fleet/contracts'
import type { Task, UnmappedEvent } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import type { DeadLetterFacts, Decision, Input, StageDeclaration, TickContext } from '@fleet/stage'

import type { AutomationEvent } from './core/automation-event.ts'
import { decideEvent } from './core/decide-event.ts'
import type { TaskChange, TaskContent } from './core/memory.ts'
import { fireTimer } from './core/on-tick.ts'
import type { Policies } from './core/policies.ts'
import { automationDomains } from './core/workflows.ts'
import { TaskBook } from './task-book.ts'

export interface AutomationOptions {
  /** How often timers are looked at: a task moves late by at most this and the lag. */
  readonly tickMs: number
  readonly policies: Policies
}

/** What one tick moves, so that a long downtime does not become one huge transaction: about 3 MB. */
const timersPerTickMax = 1000

export function automation(options: AutomationOptions): StageDeclaration<TaskBook, TaskChange> {
  const { policies, tickMs } = options
  return {
    name: 'automation',
    inputs: automationDomains.map(domain => topics.events[domain]),
    outputs: [topics.automation],
    createState: () => new TaskBook(),
    decide: (book, input) => decide(book, input, policies),
    facts: ({ value }) => factsOf(value as UnmappedEvent),
    tickMs,
    tick: fireTimers,
  }
}

function decide(book: TaskBook, input: Input, policies: Policies): Decision<TaskChange> {
  const { record, key, streamTimeMs, nowMicros } = input
  const { tasks, changes } = decideEvent(book, automationEventOf(input), {
    key,
    origin: { topic: record.topic, partition: record.partition, offset: record.offset },
    streamTimeMs,
    isRedriven: input.redriven !== undefined,
    policies,
    sha256Hex: text => sha256Hex(utf8Bytes(text)),
  })
  const { occurred_at: occurredAtMicros } = input.value as UnmappedEvent
  const emit = tasks.map(task => ({ ...emitOf(task, key, nowMicros), occurredAtMicros }))
  return { verdict: 'published', changes, emit }
}

/** In the order of time. What is more than one tick may move waits for the next, still in order. */
function fireTimers(book: TaskBook, context: TickContext): Decision<TaskChange> {
  const { tickAtMicros, nowMicros } = context
  const changes: TaskChange[] = []
  const emit: ReturnType<typeof emitOf>[] = []
  for (const { key, fact } of book.due(tickAtMicros, timersPerTickMax)) {
    const { task, value } = fireTimer(fact, tickAtMicros)
    changes.push({ key, value })
    if (task === null) continue
    const { type, id } = task.resource
    emit.push(emitOf(task, resourceKey(task.tenant_id, type, id), nowMicros))
  }
  return { verdict: 'published', changes, emit }
}

function emitOf(content: TaskContent, key: string, nowMicros: number) {
  const value: Task = { ...content, processed_at: nowMicros }
  return { topic: topics.automation, key, value }
}

/** The topic fixes the type of the value. */
function automationEventOf(input: Input): AutomationEvent {
  const domain = automationDomains.find(candidate => topics.events[candidate] === input.topic)
  if (domain === undefined) {
    const message = `${input.topic.name} is no input of automation`
    throw new FleetError('UNDECLARED_INPUT', 'fatal', message)
  }
  return { domain, event: input.value } as AutomationEvent
}

/** What every event has, whatever its domain. */
function factsOf({ tenant_id, event_id, event_type }: UnmappedEvent): DeadLetterFacts {
  return { tenantId: tenant_id, eventId: event_id, eventType: event_type }
}
