// The accounting sink as a declaration: three event topics and the ledger's instructions in, one journal
// entry out per event that moves money, and a signal to alerting when refunds go beyond their charge. That
// nothing is booked twice or lost on the way is the loop's work; that an event which comes again is not
// booked again is the memory's.

import { partitionOf, topics, utf8Bytes } from '@fleet/contracts'
import type { LedgerControl, UnmappedEvent } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import { minorDigitsOf } from '@fleet/sources'
import type { DeadLetterFacts, Decision, Emit, Input, StageDeclaration } from '@fleet/stage'

import { readCharts } from './charts-file.ts'
import { book } from './core/book.ts'
import type { Booking } from './core/book.ts'
import type { Charts } from './core/chart.ts'
import { chartInUse } from './core/chart-in-use.ts'
import { followControl } from './core/follow-control.ts'
import { ledgerDomains } from './core/ledger-event.ts'
import type { LedgerEvent } from './core/ledger-event.ts'
import type { LedgerChange } from './core/ledger-memory.ts'
import { toExcessSignal } from './core/to-excess-signal.ts'
import { dayOf, LedgerState } from './ledger-state.ts'

export interface LedgerOptions {
  charts: Charts
  /** How long an entry is remembered, in days of stream time. */
  memoryDays: number
  /** Hears how many entries with a refund excess were committed. */
  onExcesses?: (count: number) => void
}

type LedgerDecision = Decision<LedgerChange>

export function accountingSink(
  { charts, memoryDays, onExcesses }: LedgerOptions = { charts: readCharts(), memoryDays: 400 },
): StageDeclaration<LedgerState, LedgerChange> {
  return {
    name: 'accounting-sink',
    inputs: [...ledgerDomains.map(domain => topics.events[domain]), topics.ledgerControl],
    outputs: [topics.accounting, topics.alertSignals],
    createState: () => new LedgerState(memoryDays, onExcesses),
    decide: (state, input) =>
      input.topic === topics.ledgerControl
        ? decideControl(state, input, charts)
        : decideEvent(state, input, charts),
    facts: ({ topic, value }) =>
      topic === topics.ledgerControl
        ? { tenantId: (value as LedgerControl).tenant_id }
        : factsOf(value as UnmappedEvent),
  }
}

function decideEvent({ memory }: LedgerState, input: Input, charts: Charts): LedgerDecision {
  const choice = chartInUse(memory, charts)
  if (!choice.ok) throw new FleetError('CHART_CHANGED', 'fatal', choice.message)
  const { topic, partition, offset } = input.record
  const booking = book(memory, ledgerEventOf(input), {
    key: input.key,
    origin: { topic, partition, offset },
    nowMicros: input.nowMicros,
    chart: choice.chart,
    day: dayOf(input.streamTimeMs),
    sha256Hex: text => sha256Hex(utf8Bytes(text)),
    isCurrency: code => minorDigitsOf(code) !== null,
    minorDigitsOf,
  })
  return decisionOf(booking, input, choice.changes)
}

function decisionOf(
  booking: Booking,
  { key, value, partitionCount }: Input,
  chartChanges: readonly LedgerChange[],
): LedgerDecision {
  switch (booking.kind) {
    case 'nothing':
      return { verdict: 'published', changes: [], emit: [] }
    case 'repeated':
      return { verdict: 'duplicate', changes: [], emit: [] }
    case 'refused':
      return refusal(booking)
    case 'booked': {
      const { entry, changes } = booking
      const emit: Emit[] = [
        { topic: topics.accounting, key, value: entry, occurredAtMicros: entry.occurred_at },
      ]
      if (booking.notice !== null) {
        const { effective_at: effectiveAt } = value as UnmappedEvent
        const signal = toExcessSignal(booking.notice, entry, effectiveAt)
        const { tenant_id: tenant } = entry
        const partition = partitionOf(tenant, partitionCount)
        emit.push({ topic: topics.alertSignals, key: tenant, value: signal, partition })
      }
      return { verdict: 'published', changes: [...chartChanges, ...changes], emit }
    }
  }
}

function decideControl({ memory }: LedgerState, input: Input, charts: Charts): LedgerDecision {
  const appendedAtMicros = input.record.timestampMs * 1000
  const following = followControl(memory, input.value as LedgerControl, {
    charts,
    appendedAtMicros,
    offset: input.record.offset,
  })
  if (following.kind === 'refused') return refusal(following)
  return { verdict: 'published', changes: following.changes, emit: [] }
}

function refusal({ code, message }: { code: string; message: string }): LedgerDecision {
  return { verdict: 'dead_letter', refusal: { code, message }, changes: [], emit: [] }
}

/** The topic fixes the type of the value. */
function ledgerEventOf(input: Input): LedgerEvent {
  const domain = ledgerDomains.find(candidate => topics.events[candidate] === input.topic)
  if (domain === undefined) {
    throw new FleetError(
      'UNDECLARED_INPUT',
      'fatal',
      `${input.topic.name} is no input of accounting-sink`,
    )
  }
  return { domain, event: input.value } as LedgerEvent
}

/** What every event has, whatever its domain. */
function factsOf({ tenant_id, event_id, event_type }: UnmappedEvent): DeadLetterFacts {
  return { tenantId: tenant_id, eventId: event_id, eventType: event_type }
}
