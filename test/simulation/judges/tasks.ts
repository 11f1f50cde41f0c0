// Automation: every task and every step of it is what a plain model makes of the events and ticks, in
// the order in which the stage's own transactions took them. The model looks at all tasks at every tick.

import { rankOf, topics } from '@fleet/contracts'
import type { Domain, Task } from '@fleet/contracts'

import { taskSeconds } from '../plan/policies.ts'
import type { History, Violation } from './history.ts'

type Time = keyof typeof taskSeconds
type Ends = Readonly<Record<string, string>>

interface Rule {
  readonly kind: string
  readonly domain: Domain
  readonly on: string
  readonly starts: string
  readonly timers: readonly (readonly [Time, string])[]
  readonly ends: Ends
  readonly takesLate: boolean
}

const resolved = 'incident.claim_resolved'
const paid: Ends = {
  'billing.charge_succeeded': 'DONE',
  'billing.refund_processed': 'CANCELED',
}

const rules: readonly Rule[] = [
  {
    kind: 'no-show-support',
    domain: 'reservation',
    on: 'reservation.no_show',
    starts: 'OPEN',
    timers: [['no_show_support', 'OVERDUE']],
    ends: { 'reservation.canceled': 'CANCELED' },
    takesLate: false,
  },
  {
    kind: 'claims-case',
    domain: 'incident',
    on: 'incident.claim_opened',
    starts: 'OPEN',
    timers: [['claim_case', 'OVERDUE']],
    ends: { [resolved]: 'DONE' },
    takesLate: true,
  },
  {
    kind: 'claim-documents',
    domain: 'incident',
    on: 'incident.claim_opened',
    starts: 'DUE',
    timers: [
      ['claim_documents_reminder', 'DUE'],
      ['claim_documents', 'OVERDUE'],
    ],
    ends: { [resolved]: 'CANCELED' },
    takesLate: true,
  },
  {
    kind: 'compliance-review',
    domain: 'violation',
    on: 'violation.disputed',
    starts: 'OPEN',
    timers: [['violation_review', 'OVERDUE']],
    ends: { 'violation.charged': 'DONE' },
    takesLate: true,
  },
  {
    kind: 'payment-retry',
    domain: 'billing',
    on: 'billing.charge_failed',
    starts: 'WAITING',
    timers: [
      ['payment_retry', 'DUE'],
      ['payment_give_up', 'OVERDUE'],
    ],
    ends: paid,
    takesLate: false,
  },
  {
    kind: 'customer-reminder',
    domain: 'billing',
    on: 'billing.charge_failed',
    starts: 'DUE',
    timers: [['customer_reminder', 'DUE']],
    ends: paid,
    takesLate: false,
  },
]

interface Told {
  event_id: string
  event_type: string
  effective_at: number
  disposition: string
  mode: string
}

interface Item {
  readonly key: string
  /** Ids of the events that asked for it; the first is the one it is of. */
  readonly asked: string[]
  newest: Told
  open: { state: string; version: number; steps: Step[]; at: number } | null
}

interface Step {
  readonly after: number
  readonly state: string
}

export function judgeTasks(history: History): Violation[] {
  const violations: Violation[] = []
  for (let partition = 0; partition < history.partitions; partition++) {
    const is = writtenBy(history, partition)
    for (const rule of rules) {
      const must = expected(history, partition, rule)
      const found = is.get(rule.kind) ?? []
      if (found.join() === must.join()) continue
      const at = must.findIndex((line, index) => line !== found[index])
      const index = at < 0 ? must.length : at
      const detail = `${rule.kind} of ${partition}: number ${index} is ${found[index]}, must be ${must[index]}`
      violations.push({ rule: found.length < must.length ? 'lost-write' : 'wrong-tasks', detail })
    }
  }
  return violations
}

function writtenBy(history: History, partition: number): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (const entry of history.committed(topics.automation, partition)) {
    const task = history.value<Task>(topics.automation, entry)
    if (task === null) continue
    const line = `${entry.record.key?.toString('utf8')} ${task.state} ${task.version}`
    const list = lines.get(task.kind)
    if (list === undefined) lines.set(task.kind, [line])
    else list.push(line)
  }
  return lines
}

/** What the transactions took, in their order: a stretch of events each, or a tick. */
function expected(history: History, partition: number, rule: Rule): string[] {
  const topic = topics.events[rule.domain]
  const events = history.committed(topic, partition)
  const model = new Model(rule)
  let [position, lastTickMs] = [0, 0]
  for (const { record } of history.committed(topics.changelogs.automation, partition)) {
    if (record.key?.toString('utf8') !== '!progress' || record.value === null) continue
    const progress = JSON.parse(record.value.toString('utf8')) as {
      positions: Record<string, number>
      lastTickMs: number
    }
    const next = progress.positions[topic.name] ?? position
    for (const entry of events) {
      if (entry.record.offset < position || entry.record.offset >= next) continue
      const event = history.value<Told>(topic, entry)
      if (event !== null) model.event(entry.record.key?.toString('utf8') ?? '', event)
    }
    if (progress.lastTickMs !== lastTickMs) model.tick(progress.lastTickMs * 1000)
    position = next
    lastTickMs = progress.lastTickMs
  }
  return model.lines
}

class Model {
  readonly lines: string[] = []
  readonly #rule: Rule
  readonly #items = new Map<string, Item>()

  constructor(rule: Rule) {
    this.#rule = rule
  }

  event(key: string, event: Told): void {
    if (event.mode === 'TEST') return
    if (event.event_type === this.#rule.on) this.#ask(key, event)
    else this.#end(key, event)
  }

  tick(at: number): void {
    const due = [...this.#items.values()].filter(({ open }) => open !== null && open.at <= at)
    due.sort((a, b) => (a.open?.at ?? 0) - (b.open?.at ?? 0) || (a.key < b.key ? -1 : 1))
    for (const item of due) {
      const step = item.open?.steps.shift()
      // Without a step it is kept for a month, longer than any world.
      if (step === undefined || item.open === null) continue
      item.open.at = at + (item.open.steps[0]?.after ?? Infinity)
      this.#say(item, step.state)
    }
  }

  #ask(key: string, event: Told): void {
    const { takesLate, starts, timers } = this.#rule
    if (event.disposition === 'SUPERSEDED' && !takesLate) return
    const known = this.#items.get(key)
    if (known?.open) {
      if (known.asked.includes(event.event_id)) return
      known.asked.push(event.event_id)
      if (isAfter(event, known.newest)) known.newest = event
      this.#say(known, known.open.state)
      return
    }
    const isOld = known !== undefined && !isAfter(event, known.newest)
    if (known?.asked[0] === event.event_id || isOld) return
    const steps = timers.flatMap(([time, state]) =>
      taskSeconds[time].map(seconds => ({ after: seconds * 1_000_000, state })),
    )
    const at = event.effective_at + (steps[0]?.after ?? Infinity)
    const open = { state: starts, version: 0, steps, at }
    const item: Item = { key, asked: [event.event_id], newest: event, open }
    this.#items.set(key, item)
    this.#say(item, starts)
  }

  #end(key: string, event: Told): void {
    const { ends, takesLate } = this.#rule
    const state = ends[event.event_type]
    if (state === undefined) return
    const known = this.#items.get(key)
    if (known !== undefined && !isAfter(event, known.newest)) return
    if (known?.open) {
      this.#say(known, state)
      known.open = null
      known.newest = event
    } else if (takesLate) {
      this.#items.set(key, { key, asked: known?.asked ?? [], newest: event, open: null })
    }
  }

  #say(item: Item, state: string): void {
    if (item.open === null) return
    item.open.state = state
    item.open.version++
    this.lines.push(`${item.key} ${state} ${item.open.version}`)
  }
}

function isAfter(a: Told, b: Told): boolean {
  if (a.effective_at !== b.effective_at) return a.effective_at > b.effective_at
  const byRank = rankOf(a.event_type) - rankOf(b.event_type)
  return byRank === 0 ? a.event_id > b.event_id : byRank > 0
}
