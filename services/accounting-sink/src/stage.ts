// The accounting sink as a declaration: three event topics in, one journal entry out per event that
// moves money. It keeps no state; that an event is booked once is the loop's work.

import { topics, utf8Bytes } from '@fleet/contracts'
import type { UnmappedEvent } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import { KeyedState } from '@fleet/stage'
import type { DeadLetterFacts, Decision, Input, KeyedChange, StageDeclaration } from '@fleet/stage'

import { ledgerDomains } from './core/ledger-event.ts'
import type { LedgerEvent } from './core/ledger-event.ts'
import { toJournalEntry } from './core/to-journal-entry.ts'

type NoState = KeyedState<never>
type NoChange = KeyedChange<never>

export function accountingSink(): StageDeclaration<NoState, NoChange> {
  return {
    name: 'accounting-sink',
    inputs: ledgerDomains.map(domain => topics.events[domain]),
    outputs: [topics.accounting],
    createState: () => new KeyedState<never>(),
    decide,
    facts: ({ value }) => factsOf(value as UnmappedEvent),
  }
}

function decide(_state: NoState, input: Input): Decision<NoChange> {
  const outcome = toJournalEntry(ledgerEventOf(input), {
    key: input.key,
    origin: {
      topic: input.record.topic,
      partition: input.record.partition,
      offset: input.record.offset,
    },
    nowMicros: input.nowMicros,
    sha256Hex: text => sha256Hex(utf8Bytes(text)),
  })
  switch (outcome.kind) {
    case 'nothing':
      return { verdict: 'published', changes: [], emit: [] }
    case 'entry': {
      const value = outcome.entry
      const occurredAtMicros = value.occurred_at
      const emit = { topic: topics.accounting, key: input.key, value, occurredAtMicros }
      return { verdict: 'published', changes: [], emit: [emit] }
    }
    case 'refused': {
      const refusal = { code: outcome.code, message: outcome.message }
      return { verdict: 'dead_letter', refusal, changes: [], emit: [] }
    }
  }
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
