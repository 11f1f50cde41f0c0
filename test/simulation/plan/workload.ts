// The records of a seed: a handful of resources of several domains, with repetitions, late and equal
// times, conflicting ids, tests, and everything that can be wrong with a record.

import type { Chance } from './chance.ts'
import { bodyOf, subjectsOf } from './bodies.ts'
import type { Facts, Subject } from './bodies.ts'
import type { Defect, PlannedRecord, Shape } from './plan.ts'

const secondMs = 1000
const hourMs = 3600 * secondMs
/** An event and its state make twice as much output; a transaction takes some megabytes. */
const floodNoteBytes = 20_000
/** Source times are multiples of this, so that many are equal. */
const gridMs = 5 * secondMs

export interface WorkloadOptions {
  readonly records: number
  /** Most arrive at once and are large, so that one take brings more than one transaction holds. */
  readonly flood: boolean
  readonly startWallMs: number
}

export function workload(chance: Chance, shape: Shape, options: WorkloadOptions): PlannedRecord[] {
  const subjects = subjectsOf(chance)
  const times = arrivalTimes(chance, shape, options)
  const records: PlannedRecord[] = []
  const sent: Sent[] = []
  for (const [number, atMs] of times.entries()) {
    const made = nextRecord(chance, subjects, sent, {
      number,
      wallMs: options.startWallMs + atMs,
      noteBytes: options.flood ? floodNoteBytes : 0,
    })
    sent.push(made)
    records.push({
      number,
      atMs,
      endpointId: made.endpointId,
      body: made.body,
      defect: defectOf(chance),
      heldMs: heldMs(chance),
    })
  }
  return records
}

interface Sent {
  endpointId: string
  body: string
  facts: Facts | null
  subject: Subject
}

function arrivalTimes(chance: Chance, shape: Shape, { records, flood }: WorkloadOptions): number[] {
  const lastMs = shape.healAtMs - 1500
  const bursts = Array.from({ length: chance.integer(12, 28) }, () => chance.integer(300, lastMs))
  const floodAtMs = chance.integer(1000, lastMs)
  return Array.from({ length: records }, () =>
    flood && chance.happens(0.93) ? floodAtMs : chance.pick(bursts) + chance.integer(0, 30),
  ).toSorted((a, b) => a - b)
}

function nextRecord(
  chance: Chance,
  subjects: readonly Subject[],
  sent: readonly Sent[],
  { number, wallMs, noteBytes }: { number: number; wallMs: number; noteBytes: number },
): Sent {
  const roll = chance.next()
  const earlier = sent.length > 0 ? chance.pick(sent.slice(-60)) : undefined
  if (roll < 0.2 && earlier !== undefined) return earlier
  if (roll < 0.25 && earlier?.facts) return conflicting(chance, earlier, earlier.facts)
  const subject = chance.pick(subjects)
  const facts: Facts = {
    eventId: `e${chance.integer(0, 10)}-${number}`,
    type: chance.pick(subject.types),
    atMs: sourceTimeMs(chance, wallMs),
    mode: chance.happens(0.06) ? 'TEST' : 'LIVE',
    content: chance.integer(0, 1_000_000),
    noteBytes,
  }
  const body = chance.happens(0.015) ? 'no json' : bodyOf(subject, facts)
  return { endpointId: subject.endpointId, body, facts, subject }
}

/** The same id with other content. */
function conflicting(chance: Chance, earlier: Sent, facts: Facts): Sent {
  const changed = { ...facts, content: facts.content + chance.integer(1, 3) }
  return { ...earlier, facts: changed, body: bodyOf(earlier.subject, changed) }
}

function sourceTimeMs(chance: Chance, wallMs: number): number {
  const grid = Math.floor(wallMs / gridMs) * gridMs
  const roll = chance.next()
  if (roll < 0.1) return grid - chance.integer(1, 60) * gridMs
  if (roll < 0.13) return grid - chance.integer(30, 60) * hourMs
  if (roll < 0.17) return grid + chance.integer(1, 5) * hourMs
  return grid
}

function heldMs(chance: Chance): number {
  if (chance.happens(0.01)) return chance.integer(1, 3) * hourMs
  return chance.integer(0, 20)
}

const defects: readonly Defect[] = [
  'bad_mac',
  'no_mac',
  'unknown_key',
  'wrong_partition',
  'garbage',
  'no_value',
]

function defectOf(chance: Chance): Defect | null {
  if (chance.happens(0.0005)) return 'unknown_schema'
  return chance.happens(0.04) ? chance.pick(defects) : null
}
