// What a run in shadow found, counted while it goes on. Bounded whatever the topic holds: names beyond
// a limit are counted together. Examples have the names of fields; values only on demand, because they
// may be personal data.

import { jsonOf } from '../tail/shown-record.ts'
import { dangers } from './compare-mappings.ts'
import type { Danger, Difference } from './compare-mappings.ts'

export interface Example {
  topic: string
  partition: number
  offset: number
  /** Log-append time, milliseconds since 1970. */
  timestamp: number
  event_type: string
  dangers: readonly Danger[]
  dead_letter: Difference['deadLetter']
  fields: { field: string; present?: unknown; candidate?: unknown }[]
  reasons: readonly string[]
}

interface TypeCounts {
  changed: number
  /** How many events have another value there. */
  fields: Record<string, number>
}

export interface Placed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
}

const typesMax = 200
const fieldsMax = 200
const others = '(others)'

export class ShadowReport {
  records = 0
  /** Values that no schema reads: dead letters, whatever the mapper. */
  undecodable = 0
  /** Their endpoint is in no file that was read: mapped with the default paths of their adapter. */
  without_endpoint = 0
  changed = 0
  readonly dangers: Partial<Record<Danger, number>> = {}
  readonly dead_letters = {
    becoming: {} as Record<string, number>,
    no_longer: {} as Record<string, number>,
  }
  readonly by_event_type: Record<string, TypeCounts> = {}
  readonly examples: Example[] = []
  readonly #examplesMax: number
  readonly #showValues: boolean

  constructor(options: { examplesMax: number; showValues: boolean }) {
    this.#examplesMax = options.examplesMax
    this.#showValues = options.showValues
  }

  /** The example it made of it, if there was still room for one. */
  add(difference: Difference, at: Placed): Example | null {
    this.changed++
    for (const danger of difference.dangers) count(this.dangers, danger)
    const { present = null, candidate = null } = difference.deadLetter ?? {}
    if (candidate !== null) count(this.dead_letters.becoming, candidate)
    if (present !== null) count(this.dead_letters.no_longer, present)
    const counts = this.#countsOf(difference.eventType)
    counts.changed++
    for (const { field } of difference.fields) {
      count(counts.fields, within(counts.fields, field, fieldsMax))
    }
    if (this.examples.length >= this.#examplesMax) return null
    const example = this.#exampleOf(difference, at)
    this.examples.push(example)
    return example
  }

  /** Whether the candidate could be put in the present one's place without harm. */
  get ok(): boolean {
    return Object.keys(this.dangers).length === 0
  }

  counts() {
    const { records, undecodable, without_endpoint, changed, by_event_type, examples } = this
    return {
      ok: this.ok,
      records,
      undecodable,
      without_endpoint,
      changed,
      dangers: this.dangers,
      dead_letters: this.dead_letters,
      by_event_type,
      examples,
    }
  }

  #countsOf(eventType: string): TypeCounts {
    const name = within(this.by_event_type, eventType, typesMax)
    const counts = own(this.by_event_type, name) ?? { changed: 0, fields: {} }
    define(this.by_event_type, name, counts)
    return counts
  }

  #exampleOf(difference: Difference, at: Placed): Example {
    const { eventType, fields, dangers: found, deadLetter, reasons } = difference
    return {
      topic: at.topic,
      partition: at.partition,
      offset: at.offset,
      timestamp: at.timestampMs,
      event_type: eventType,
      dangers: found,
      dead_letter: deadLetter,
      fields: fields.map(({ field, present, candidate }) =>
        this.#showValues
          ? { field, present: jsonOf(present), candidate: jsonOf(candidate) }
          : { field },
      ),
      reasons,
    }
  }
}

export function meaningOf(danger: string): string {
  return own(dangers as Record<string, string>, danger) ?? ''
}

function count(counts: Partial<Record<string, number>>, name: string): void {
  define(counts, name, (own(counts, name) ?? 0) + 1)
}

/** Names come from deliveries: `__proto__` is one like any other. */
function own<Value>(from: Partial<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined
}

function define<Value>(into: Partial<Record<string, Value>>, name: string, value: Value): void {
  Object.defineProperty(into, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

function within(counts: Readonly<Record<string, unknown>>, name: string, max: number): string {
  return Object.hasOwn(counts, name) || Object.keys(counts).length < max ? name : others
}
