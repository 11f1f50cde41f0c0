// Vehicle signals win one by one: each code has its own last write, and beside it the last good
// value, because a failed reading says nothing about the quantity itself.

import type { Signal, SignalState } from '@fleet/contracts'

import { clampToAppend, compareStandings } from './last-write-wins.ts'

export interface SignalRegister {
  /** The winner, good or failed; its value stands in `value`. */
  readonly latest: SignalReading
  /** The greatest good reading; null until there was one. */
  readonly value: SignalValue | null
}

interface SignalOrder {
  /** What is compared: the observation time, held back to append time plus skew. Microseconds. */
  readonly orderAt: number
  readonly eventId: string
}

interface SignalReading extends SignalOrder {
  readonly signal: Omit<Signal, 'won' | 'value_json' | 'unit'>
}

interface SignalValue extends SignalOrder {
  readonly observedAt: number
  readonly valueJson: string | null
  readonly unit: string | null
}

export interface SignalContext {
  readonly eventId: string
  /** Log-append time of the raw record. */
  readonly appendedAtMs: number
  readonly skewMicros: number
  /** Older readings never win. */
  readonly floorMicros: number
}

export interface SignalJudgement {
  /** The event's signals in their order, each with its own `won`. */
  readonly signals: Signal[]
  /** Registers that change, by code: winners, and values refreshed behind a failure. */
  readonly changed: ReadonlyMap<string, SignalRegister>
  readonly anyWon: boolean
}

export function judgeSignals(
  registers: ReadonlyMap<string, SignalRegister>,
  signals: readonly Signal[],
  context: SignalContext,
): SignalJudgement {
  const competing = competitors(signals)
  const changed = new Map<string, SignalRegister>()
  let anyWon = false
  const judged = signals.map((signal, position) => {
    if (competing.get(signal.code) !== position) return { ...signal, won: false }
    const current = registers.get(signal.code)
    const { register, won } = competeForSignal(current, signal, context)
    if (register !== null) changed.set(signal.code, register)
    anyWon ||= won
    return { ...signal, won }
  })
  return { signals: judged, changed, anyWon }
}

/** Of several signals with one code in one event, the greatest (observed_at, position) competes. */
function competitors(signals: readonly Signal[]): Map<string, number> {
  const positions = new Map<string, number>()
  signals.forEach((signal, position) => {
    const best = signals[positions.get(signal.code) ?? -1]
    if (best === undefined || signal.observed_at >= best.observed_at) {
      positions.set(signal.code, position)
    }
  })
  return positions
}

function competeForSignal(
  current: SignalRegister | undefined,
  signal: Signal,
  context: SignalContext,
): { register: SignalRegister | null; won: boolean } {
  const order: SignalOrder = {
    orderAt: clampToAppend(signal.observed_at, context.appendedAtMs, context.skewMicros),
    eventId: context.eventId,
  }
  if (order.orderAt < context.floorMicros) return { register: null, won: false }
  const { won: _, value_json, unit, ...reading } = signal
  const good =
    signal.status === 'SUCCESS'
      ? { ...order, observedAt: signal.observed_at, valueJson: value_json, unit }
      : null
  if (current === undefined || isGreater(order, current.latest)) {
    const latest = { ...order, signal: reading }
    return { register: { latest, value: good ?? current?.value ?? null }, won: true }
  }
  const refreshes = good !== null && (current.value === null || isGreater(good, current.value))
  return { register: refreshes ? { ...current, value: good } : null, won: false }
}

function isGreater(left: SignalOrder, right: SignalOrder): boolean {
  return compareStandings(standingOf(left), standingOf(right)) > 0
}

function standingOf(order: SignalOrder) {
  return { effectiveAt: order.orderAt, rank: 0, eventId: order.eventId }
}

export function toSignalState({ latest, value }: SignalRegister): SignalState {
  return {
    ...latest.signal,
    value_json: value?.valueJson ?? null,
    unit: value?.unit ?? null,
    won: true,
    event_id: latest.eventId,
    value_observed_at: value?.observedAt ?? null,
  }
}
