// Who wins: lets an event compete for its domain's register and, signal by signal, for the signals
// of its vehicle. Says what the resource becomes; null when nothing of it moves.

import type { Disposition, Domain, Register, Signal } from '@fleet/contracts'

import { clampToAppend } from './last-write-wins.ts'
import type { NormalizedEvent } from './normalized-event.ts'
import { competeForRegister } from './registers.ts'
import { emptyResource } from './resource-memory.ts'
import type { ResourceMemory } from './resource-memory.ts'
import { judgeSignals } from './signals.ts'
import type { SignalJudgement } from './signals.ts'

export interface JudgeContext {
  /** Log-append time of the raw record. */
  readonly appendedAtMs: number
  readonly skewMicros: number
  /** What is older never wins. */
  readonly floorMicros: number
}

export interface Judgement {
  readonly disposition: Disposition
  /** Microseconds. */
  readonly effectiveAt: number
  /** The event's signals with `won` decided; undefined where its domain has none. */
  readonly signals: readonly Signal[] | undefined
  /** What the resource becomes, or null when it stays as it is. */
  readonly resource: ResourceMemory | null
}

const noSignals: SignalJudgement = { signals: [], changed: new Map(), anyWon: false }

export function judge(
  current: ResourceMemory | undefined,
  event: NormalizedEvent,
  context: JudgeContext,
): Judgement {
  const { appendedAtMs, skewMicros, floorMicros } = context
  const effectiveAt = clampToAppend(event.occurredAt, appendedAtMs, skewMicros)
  const reported = signalsOf(event)
  // A test must look like an event and leave no trace in what is true.
  if (event.mode === 'TEST') {
    const signals = reported?.map(signal => ({ ...signal, won: false }))
    return { disposition: 'SUPERSEDED', effectiveAt, signals, resource: null }
  }
  const before = current ?? emptyResource
  const register =
    effectiveAt < floorMicros
      ? null
      : competeForRegister(before.registers.get(event.domain), event, effectiveAt)
  const signals =
    reported === undefined
      ? noSignals
      : judgeSignals(before.signals, reported, {
          eventId: event.eventId,
          appendedAtMs,
          skewMicros,
          floorMicros,
        })
  const won = signals.signals.length > 0 ? signals.anyWon : register !== null
  return {
    disposition: won ? 'CURRENT' : 'SUPERSEDED',
    effectiveAt,
    signals: reported === undefined ? undefined : signals.signals,
    resource: next(before, event, register, signals),
  }
}

function next(
  before: ResourceMemory,
  event: NormalizedEvent,
  register: ReturnType<typeof competeForRegister>,
  signals: SignalJudgement,
): ResourceMemory | null {
  if (register === null && signals.changed.size === 0) return null
  return {
    version: before.version + 1,
    registers: register === null ? before.registers : withRegister(before, event, register),
    signals:
      signals.changed.size === 0
        ? before.signals
        : new Map([...before.signals, ...signals.changed]),
  }
}

function withRegister(
  { registers }: ResourceMemory,
  { domain }: NormalizedEvent,
  register: Register,
): ReadonlyMap<Domain, Register> {
  // Nearly all resources have events of one domain alone: nothing to copy.
  const isOnly = registers.size === 0 || (registers.size === 1 && registers.has(domain))
  const next = isOnly ? new Map<Domain, Register>() : new Map(registers)
  return next.set(domain, register)
}

/** Only the vehicle domain's records have signals. */
function signalsOf(event: NormalizedEvent): readonly Signal[] | undefined {
  if (event.domain !== 'vehicle') return undefined
  const { signals } = event.fields as { signals?: readonly Signal[] }
  return signals ?? []
}
