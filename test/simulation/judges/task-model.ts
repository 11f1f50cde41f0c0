// One kind of task as plainly as possible: it looks at all of them at every tick and keeps all it was told.

import { rankOf } from '@fleet/contracts'

import { taskSeconds } from '../plan/policies.ts'
import type { Rule } from './task-rules.ts'
import type { SpeaksOfVehicle } from './task-subjects.ts'

export interface Told extends SpeaksOfVehicle {
  readonly event_id: string
  readonly effective_at: number
  readonly due_at?: number | null
  readonly disposition: string
  readonly mode: string
}

/** A record that must be there, and the event it comes from; null: a timer. */
export interface Line {
  readonly eventId: string | null
  readonly text: string
}

interface Item {
  readonly key: string
  /** Ids of the events that asked for it; the first is the one it is of. */
  readonly asked: string[]
  newest: Told
  open: Open | null
}

interface Open {
  state: string
  version: number
  steps: Step[]
  /** When its next step is. */
  at: number
  due: number | null
  marked: boolean | null
}

interface Step {
  readonly after: number
  readonly state: string
}

export class TaskModel {
  readonly lines: Line[] = []
  readonly #rule: Rule
  readonly #items = new Map<string, Item>()

  constructor(rule: Rule) {
    this.#rule = rule
  }

  event(key: string, event: Told): void {
    const { on, subjects, ends } = this.#rule
    const end = ends[event.event_type]
    const asks = on.includes(event.event_type)
    if (event.mode === 'TEST' || (end === undefined && !asks)) return
    const { wrong, well } = subjects(event)
    const nameOf = (subject: string): string => (subject === '' ? key : `${key}/${subject}`)
    // What opens and closes the same whole resource does not close it.
    for (const subject of end === undefined ? [] : well) {
      if (!asks || !wrong.has(subject)) this.#end(nameOf(subject), event, end ?? '')
    }
    for (const subject of asks ? wrong : []) this.#ask(nameOf(subject), event)
  }

  tick(at: number): void {
    const due = [...this.#items.values()].filter(({ open }) => open !== null && open.at <= at)
    due.sort((a, b) => (a.open?.at ?? 0) - (b.open?.at ?? 0) || (a.key < b.key ? -1 : 1))
    for (const item of due) {
      const { open } = item
      const step = open?.steps.shift()
      // Without a step it is kept for a month, longer than any world.
      if (step === undefined || open === null) continue
      if (step.state === 'DONE') {
        this.#close(item, 'DONE', null)
        continue
      }
      const [next] = open.steps
      open.at = at + (next?.after ?? Infinity)
      if (next !== undefined) open.due = open.at
      else if (step.state !== 'OVERDUE') open.due = null
      this.#say(item, step.state, null)
    }
  }

  #ask(key: string, event: Told): void {
    const { takesLate, replaces } = this.#rule
    if (event.disposition === 'SUPERSEDED' && !takesLate) return
    const at = event[this.#rule.countsFrom] ?? null
    if (at === null) return
    const known = this.#items.get(key)
    const isNewer = known === undefined || isAfter(event, known.newest)
    if (known?.open && !replaces) {
      if (known.asked.includes(event.event_id)) return
      known.asked.push(event.event_id)
      if (isNewer) known.newest = event
      return this.#say(known, known.open.state, event)
    }
    if (known?.asked[0] === event.event_id || !isNewer) return
    if (known?.open) this.#close(known, 'CANCELED', event)
    this.#open(key, event, at)
  }

  #open(key: string, event: Told, from: number): void {
    const { starts, timers, marksSignal } = this.#rule
    const steps = timers.flatMap(([time, state]) =>
      taskSeconds[time].map(seconds => ({ after: seconds * 1_000_000, state })),
    )
    const at = from + (steps[0]?.after ?? Infinity)
    const marked = marksSignal ? false : null
    const open: Open = { state: starts ?? '', version: 0, steps, at, due: at, marked }
    const item = { key, asked: [event.event_id], newest: event, open }
    this.#items.set(key, item)
    if (starts !== null) this.#say(item, starts, event)
  }

  #end(key: string, event: Told, state: string): void {
    const known = this.#items.get(key)
    if (known !== undefined && !isAfter(event, known.newest)) return
    if (known?.open) {
      // Of what nobody heard, nothing is left.
      if (known.open.version === 0) this.#items.delete(key)
      this.#close(known, state, event)
      known.newest = event
    } else if (this.#rule.takesLate) {
      this.#items.set(key, { key, asked: known?.asked ?? [], newest: event, open: null })
    }
  }

  #close(item: Item, state: string, event: Told | null): void {
    if (item.open === null) return
    if (state === 'DONE' && item.open.marked === false) item.open.marked = true
    if (item.open.version > 0) this.#say(item, state, event)
    item.open = null
  }

  #say(item: Item, state: string, event: Told | null): void {
    if (item.open === null) return
    item.open.state = state
    item.open.version++
    const { version, due, marked } = item.open
    const text = textOf(item.key, { state, version, due_at: due, signal_available: marked })
    this.lines.push({ eventId: event?.event_id ?? null, text })
  }
}

/** What a record must say. */
export function textOf(
  key: string,
  said: {
    readonly state: string
    readonly version: number
    readonly due_at: number | null
    readonly signal_available: boolean | null
  },
): string {
  return `${key} ${said.state} ${said.version} due ${said.due_at} available ${said.signal_available}`
}

function isAfter(a: Told, b: Told): boolean {
  if (a.effective_at !== b.effective_at) return a.effective_at > b.effective_at
  const byRank = rankOf(a.event_type) - rankOf(b.event_type)
  return byRank === 0 ? a.event_id > b.event_id : byRank > 0
}
