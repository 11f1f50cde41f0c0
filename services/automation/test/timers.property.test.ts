// Timers against a model that knows no queue, no state and no restart: it looks at every task at every
// tick. What is told, when the ticks come and where the process dies are arbitrary.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { Task } from '@fleet/contracts'

import { dayMs, drive, hourMs, minuteMs, startMs, tell, tick } from './build-event.ts'
import type { Driver } from './build-event.ts'

type Step =
  | { readonly kind: 'tick'; readonly afterMs: number }
  | { readonly kind: 'event'; readonly type: string; readonly id: string; readonly afterMs: number }
  | { readonly kind: 'restart' }

const ids = fc.constantFrom('A', 'B', 'C')
const types = fc.constantFrom(
  'billing.charge_failed',
  'billing.charge_succeeded',
  'violation.disputed',
  'violation.charged',
  'rental_session.checkout_started',
  'rental_session.completed',
)
/** From seconds to more than a downtime that skips every step of a schedule. */
const gap = fc.oneof(
  fc.integer({ min: 1, max: 90 }).map(minutes => minutes * minuteMs),
  fc.integer({ min: 1, max: 9 }).map(days => days * dayMs),
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('tick' as const), afterMs: gap }),
    fc.record({
      kind: fc.constant('event' as const),
      type: types,
      id: ids,
      afterMs: fc.integer({ min: 1, max: 30 * minuteMs }),
    }),
    fc.constant({ kind: 'restart' as const }),
  ),
  { maxLength: 40 },
)

interface Schedule {
  readonly kind: string
  readonly on: string
  readonly end: string
  readonly afterMs: readonly number[]
  readonly states: readonly string[]
  /** Null: not told before the first timer. */
  readonly starts: string | null
}

/** As documented; written again so that a wrong declaration is noticed. */
const schedules: readonly Schedule[] = [
  {
    kind: 'payment-retry',
    on: 'billing.charge_failed',
    end: 'billing.charge_succeeded',
    afterMs: [hourMs, 24 * hourMs, 72 * hourMs, 24 * hourMs],
    states: ['DUE', 'DUE', 'DUE', 'OVERDUE'],
    starts: 'WAITING',
  },
  {
    kind: 'customer-reminder',
    on: 'billing.charge_failed',
    end: 'billing.charge_succeeded',
    afterMs: [2 * dayMs, 3 * dayMs],
    states: ['DUE', 'DUE'],
    starts: 'DUE',
  },
  {
    kind: 'compliance-review',
    on: 'violation.disputed',
    end: 'violation.charged',
    afterMs: [3 * dayMs],
    states: ['OVERDUE'],
    starts: 'OPEN',
  },
  {
    kind: 'checkout-timeout',
    on: 'rental_session.checkout_started',
    end: 'rental_session.completed',
    afterMs: [hourMs, 4 * hourMs],
    states: ['OPEN', 'OVERDUE'],
    starts: null,
  },
]

const expiresAfterMs = 30 * dayMs
const resourceTypes: Readonly<Record<string, string>> = { billing: 'charge' }

interface Open {
  readonly schedule: Schedule
  readonly id: string
  readonly key: string
  step: number
  dueMs: number
  state: string | null
}

class Model {
  readonly #open = new Map<string, Open>()
  readonly lines: string[] = []

  event(type: string, id: string, atMs: number): void {
    for (const schedule of schedules) {
      const domain = type.slice(0, type.indexOf('.'))
      const key = `${schedule.kind}/acme/${resourceTypes[domain] ?? domain}/${id}`
      const open = this.#open.get(key)
      if (type === schedule.end && open !== undefined) {
        if (open.state !== null) this.#say(open, 'DONE')
        this.#open.delete(key)
      }
      if (type !== schedule.on) continue
      if (open !== undefined && schedule.starts !== null) {
        // A further failure is noted, the schedule goes on.
        this.#say(open, open.state ?? '')
        continue
      }
      // A check-out that begins again is watched anew; what was told of the old one is taken back.
      if (open !== undefined && open.state !== null) this.#say(open, 'CANCELED')
      const dueMs = atMs + (schedule.afterMs[0] ?? 0)
      const begun: Open = { schedule, id, key, step: 0, dueMs, state: schedule.starts }
      this.#open.set(key, begun)
      if (begun.state !== null) this.#say(begun, begun.state)
    }
  }

  tick(nowMs: number): void {
    const due = [...this.#open.values()].filter(({ dueMs }) => dueMs <= nowMs)
    due.sort((a, b) => a.dueMs - b.dueMs || (a.key < b.key ? -1 : 1))
    for (const open of due) {
      const state = open.schedule.states[open.step]
      if (state === undefined) {
        this.#say(open, 'EXPIRED')
        this.#open.delete(open.key)
        continue
      }
      open.state = state
      open.step++
      open.dueMs = nowMs + (open.schedule.afterMs[open.step] ?? expiresAfterMs)
      this.#say(open, state)
    }
  }

  #say({ schedule, id }: Open, state: string): void {
    this.lines.push(`${schedule.kind} ${id} ${state}`)
  }
}

function linesOf(tasks: readonly Task[]): string[] {
  return tasks.map(({ kind, resource, state }) => `${kind} ${resource.id} ${state}`)
}

function run(list: readonly Step[], restartEach: boolean): { is: string[]; must: string[] } {
  const driver: Driver = drive()
  const model = new Model()
  const is: string[] = []
  let nowMs = startMs
  let count = 0
  for (const step of list) {
    if (step.kind === 'restart' || restartEach) driver.restart()
    if (step.kind === 'restart') continue
    nowMs += step.afterMs
    if (step.kind === 'tick') {
      is.push(...linesOf(tick(driver, nowMs)))
      model.tick(nowMs)
      continue
    }
    const { type, id } = step
    is.push(...linesOf(tell(driver, { type, id, at: nowMs, eventId: `e${count++}` })))
    model.event(type, id, nowMs)
  }
  return { is, must: model.lines }
}

test('every timer fires once, in order, also overdue; closing before it is due cancels it', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (list, restartEach) => {
      const { is, must } = run(list, restartEach)
      assert.deepEqual(is, must)
    }),
    { numRuns: 300 },
  )
})

test('versions of a task have no gap, its history says every state, its id never changes', () => {
  fc.assert(
    fc.property(steps, list => {
      const driver = drive()
      const last = new Map<string, Task>()
      let nowMs = startMs
      for (const step of list) {
        if (step.kind === 'restart') {
          driver.restart()
          continue
        }
        nowMs += step.afterMs
        const tasks =
          step.kind === 'tick' ? tick(driver, nowMs) : tell(driver, { ...step, at: nowMs })
        for (const task of tasks) {
          const before = last.get(task.task_id)
          assert.equal(task.version, (before?.version ?? 0) + 1)
          assert.equal(task.history.at(-1)?.state, task.state)
          if (before !== undefined) {
            assert.equal(before.closed_at, null)
            assert.deepEqual(task.origin, before.origin)
            assert.equal(task.policy_version, before.policy_version)
          }
          last.set(task.task_id, task)
        }
      }
    }),
    { numRuns: 100 },
  )
})
