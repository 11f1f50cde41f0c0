// The CRM sink as a declaration: five event topics in, a CRM record per change out.

import { topics, utf8Bytes } from '@fleet/contracts'
import type { CrmRecord, UnmappedEvent } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import type { DeadLetterFacts, Emit, Input, StageDeclaration } from '@fleet/stage'

import type { CrmEvent } from './core/crm-event.ts'
import { crmDomains } from './core/known-types.ts'
import { dayOf } from './core/memory.ts'
import type { CrmChange } from './core/memory.ts'
import type { Taxonomy } from './core/taxonomy.ts'
import { toCrmRecords } from './core/to-crm-records.ts'
import { ownTaxonomy } from './shell/load-taxonomy.ts'
import { CrmState } from './state/crm-state.ts'

export interface CrmSinkOptions {
  taxonomy: Taxonomy
  /** What no event has touched for so long is forgotten. */
  stateHorizonDays: number
  /** Records without a customer that a task keeps at most. */
  unresolvedMax: number
}

/** Whatever is not given is as in development. */
export function crmSink(
  options: Partial<CrmSinkOptions> = {},
): StageDeclaration<CrmState, CrmChange> {
  const { taxonomy = ownTaxonomy(), stateHorizonDays = 400, unresolvedMax = 10_000 } = options
  return {
    name: 'crm-sink',
    inputs: crmDomains.map(domain => topics.events[domain]),
    outputs: [topics.crm],
    createState: () => new CrmState({ horizonDays: stateHorizonDays, unresolvedMax }),
    decide: (state, input) => {
      const { topic, partition, offset } = input.record
      const { record, completed, changes } = toCrmRecords(state, crmEventOf(input), {
        key: input.key,
        origin: { topic, partition, offset },
        isReplayed: input.redriven !== undefined,
        nowMicros: input.nowMicros,
        calendar: { today: dayOf(input.streamTimeMs), horizonDays: stateHorizonDays },
        taxonomy,
        sha256Hex: text => sha256Hex(utf8Bytes(text)),
      })
      const emit = completed.map(value => emitted(input.key, value))
      if (record !== null) {
        // A completion says nothing about how long the way of its event took; only a first record does.
        emit.push({ ...emitted(input.key, record), occurredAtMicros: record.occurred_at })
      }
      return { verdict: 'published', changes, emit }
    },
    facts: ({ value }) => factsOf(value as UnmappedEvent),
  }
}

function emitted(key: string, value: CrmRecord): Emit {
  return { topic: topics.crm, key, value }
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
