// What a task remembered of a resource, from the record of the state table: the way back from
// resource-state.ts. The record says all but three things: where a reading of the future was held
// back to, and of the last good value behind a failure, its event. Events tell them, while they are
// kept; else the nearest that the record allows is taken.

import type { Domain, Register, ResourceState, Signal, SignalState } from '@fleet/contracts'

import { clampToAppend, compareUtf8 } from './last-write-wins.ts'
import type { ResourceMemory } from './resource-memory.ts'
import type { SignalRegister } from './signals.ts'

/** What the events of a resource say beyond its state: by signal code. */
export type SignalClues = Map<string, { latestOrderAt?: number; value?: Order }>

interface Order {
  readonly orderAt: number
  readonly eventId: string
}

/** An event of a vehicle, as far as it is asked. */
export interface SignalEvidence {
  readonly eventId: string
  readonly signals: readonly Signal[]
  /** Append time of its raw record. */
  readonly appendedAtMs: number
}

/** Notes what the event says about the readings that the state shows. */
export function noteClues(
  clues: SignalClues,
  state: ResourceState,
  { eventId, signals, appendedAtMs }: SignalEvidence,
  skewMicros: number,
): void {
  for (const signal of signals) {
    const shown = state.signals[signal.code]
    if (shown === undefined) continue
    const orderAt = clampToAppend(signal.observed_at, appendedAtMs, skewMicros)
    const known = clues.get(signal.code) ?? {}
    if (shown.event_id === eventId && shown.observed_at === signal.observed_at) {
      clues.set(signal.code, { ...known, latestOrderAt: orderAt })
    } else if (isShownValue(shown, signal) && isAfter({ orderAt, eventId }, known.value)) {
      clues.set(signal.code, { ...known, value: { orderAt, eventId } })
    }
  }
}

/** Of a resource without signals its state tells everything. */
export function fromResourceState(
  state: ResourceState,
  clues: SignalClues | undefined,
  latestMicros: number,
): ResourceMemory {
  const signals = Object.entries(state.signals).map(([code, shown]): [string, SignalRegister] => {
    const clue = clues?.get(code)
    return [code, toRegister(shown, clue?.latestOrderAt, clue?.value, latestMicros)]
  })
  return {
    version: state.version,
    registers: new Map(Object.entries(state.registers) as [Domain, Register][]),
    signals: signals.length === 0 ? noSignals : new Map(signals),
  }
}

const noSignals: ResourceMemory['signals'] = new Map()

function toRegister(
  shown: SignalState,
  latestOrderAt: number | undefined,
  value: Order | undefined,
  latestMicros: number,
): SignalRegister {
  const { value_json, unit, won: _, event_id, value_observed_at, ...signal } = shown
  const orderAt = latestOrderAt ?? Math.min(shown.observed_at, latestMicros)
  const latest = { orderAt, eventId: event_id, signal }
  if (value_observed_at === null) return { latest, value: null }
  const order =
    shown.status === 'SUCCESS'
      ? { orderAt, eventId: event_id }
      : (value ?? { orderAt: Math.min(value_observed_at, latestMicros), eventId: '' })
  const good = { observedAt: value_observed_at, valueJson: value_json, unit }
  return { latest, value: { ...order, ...good } }
}

function isShownValue(shown: SignalState, signal: Signal): boolean {
  return (
    shown.status !== 'SUCCESS' &&
    signal.status === 'SUCCESS' &&
    signal.observed_at === shown.value_observed_at &&
    signal.value_json === shown.value_json
  )
}

function isAfter(left: Order, right: Order | undefined): boolean {
  if (right === undefined || left.orderAt > right.orderAt) return true
  return left.orderAt === right.orderAt && compareUtf8(left.eventId, right.eventId) > 0
}
