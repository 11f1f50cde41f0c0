// The CRM sink as a declaration: five event topics in, one CRM record per change out.

import { topics, utf8Bytes } from '@fleet/contracts'
import type { UnmappedEvent } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import { KeyedState } from '@fleet/stage'
import type { DeadLetterFacts, Decision, Input, KeyedChange, StageDeclaration } from '@fleet/stage'

import type { CrmEvent } from './core/crm-event.ts'
import { crmDomains } from './core/known-types.ts'
import type { CrmFact } from './core/memory.ts'
import { toCrmRecord } from './core/to-crm-record.ts'

export function crmSink(): StageDeclaration<KeyedState<CrmFact>, KeyedChange<CrmFact>> {
  return {
    name: 'crm-sink',
    inputs: crmDomains.map(domain => topics.events[domain]),
    outputs: [topics.crm],
    createState: () => new KeyedState<CrmFact>(),
    decide,
    facts: ({ value }) => factsOf(value as UnmappedEvent),
  }
}

function decide(state: KeyedState<CrmFact>, input: Input): Decision<KeyedChange<CrmFact>> {
  const { record, changes } = toCrmRecord(state, crmEventOf(input), {
    key: input.key,
    origin: {
      topic: input.record.topic,
      partition: input.record.partition,
      offset: input.record.offset,
    },
    nowMicros: input.nowMicros,
    sha256Hex: text => sha256Hex(utf8Bytes(text)),
  })
  if (record === null) return { verdict: 'published', changes, emit: [] }
  return {
    verdict: 'published',
    changes,
    emit: [
      { topic: topics.crm, key: input.key, value: record, occurredAtMicros: record.occurred_at },
    ],
  }
}

/** The topic fixes the type of the value. */
function crmEventOf(input: Input): CrmEvent {
  const domain = crmDomains.find(candidate => topics.events[candidate] === input.topic)
  if (domain === undefined) {
    throw new FleetError('UNDECLARED_INPUT', 'fatal', `${input.topic.name} is no input of crm-sink`)
  }
  return { domain, event: input.value } as CrmEvent
}

/** What every event has, whatever its domain. */
function factsOf({ tenant_id, event_id, event_type }: UnmappedEvent): DeadLetterFacts {
  return { tenantId: tenant_id, eventId: event_id, eventType: event_type }
}
