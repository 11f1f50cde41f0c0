// The processor as a stage: raw deliveries in; normalized events, resource states and dead letters
// out. What is decided stands in core/; here the record is taken apart and the outcome handed to
// the loop.

import { topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { textSha256Latin1 } from '@fleet/signatures'
import { normalizeEncoded } from '@fleet/sources'
import type { Endpoint, Platform } from '@fleet/sources'
import type { DeadLetterFacts, Decision, Input, StageDeclaration } from '@fleet/stage'

import { admit, provenanceKeyId } from './admit.ts'
import type { ProvenanceVerifier } from './admit.ts'
import { decide } from './core/decide.ts'
import type { Outcome } from './core/decide.ts'
import type { ProcessorChange } from './core/memory.ts'
import type { Normalized } from './core/normalized-event.ts'
import type { Policy } from './core/policy.ts'
import { ProcessorState } from './state/processor-state.ts'
import { rowFits } from './state/resource-row.ts'
import type { SeenLogOptions } from './state/seen-log.ts'

const msPerHour = 3_600_000
const microsPerSecond = 1_000_000
const microsPerDay = 86_400 * microsPerSecond

/** Largest changelog row; the rest of the topic's limit is for key and framing. */
const rowBytesMax = topics.changelogs.processor.maxMessageBytes - 8192

export interface ProcessorSettings {
  readonly dedupeWindowHours: number
  readonly maxSkewSeconds: number
  readonly stateHorizonDays: number
  /** Ids a task remembers at most, 32 bytes each; beyond it the oldest are shed. */
  readonly seenIdsMax: number
}

export interface ProcessorDependencies {
  readonly settings: ProcessorSettings
  /** The keys and endpoints of this moment; both are re-read while the stage runs. */
  readonly keyRing: () => ProvenanceVerifier
  readonly endpoints: () => ReadonlyMap<string, Endpoint>
  readonly platform: Platform
}

export function processorStage(
  dependencies: ProcessorDependencies,
): StageDeclaration<ProcessorState, ProcessorChange> {
  const { settings, keyRing, endpoints, platform } = dependencies
  const policy = policyOf(settings)
  const { windowMs } = policy
  return {
    name: 'processor',
    inputs: [topics.raw],
    lettersReturn: 'as-input',
    outputs: [...Object.values(topics.events), topics.state],
    table: topics.state,
    createState: () => createState({ windowMs, idsMax: settings.seenIdsMax }),
    admit: (record, partitionCount) => admit(record, partitionCount, keyRing()),
    decide: (state, input) => decideRaw(state, input, policy, endpoints(), platform),
    facts: ({ value }) => {
      const raw = value as RawDelivery
      return factsOf(raw, normalizeEncoded(raw, endpoints().get(raw.endpoint_id), platform))
    },
  }
}

/** A task's memory as this stage keeps it. */
export function createState(options: SeenLogOptions): ProcessorState {
  return new ProcessorState({ ...options, hasTable: true })
}

export function policyOf(settings: Omit<ProcessorSettings, 'seenIdsMax'>): Policy {
  return {
    windowMs: settings.dedupeWindowHours * msPerHour,
    skewMicros: settings.maxSkewSeconds * microsPerSecond,
    horizonMicros: settings.stateHorizonDays * microsPerDay,
  }
}

function decideRaw(
  state: ProcessorState,
  input: Input,
  policy: Policy,
  endpoints: ReadonlyMap<string, Endpoint>,
  platform: Platform,
): Decision<ProcessorChange> {
  const { record, key, streamTimeMs, nowMicros } = input
  // The loop decoded it with the schema of the one input topic.
  const raw = input.value as RawDelivery
  const endpoint = endpoints.get(raw.endpoint_id)
  const normalized: Normalized = normalizeEncoded(raw, endpoint, platform)
  const delivery = {
    raw,
    normalized,
    key,
    origin: {
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      appendedAtMs: record.timestampMs,
      provenanceKeyId: provenanceKeyId(record) ?? '',
    },
    streamTimeMs,
    nowMicros,
    onIdConflict: endpoint?.onIdConflict ?? 'dead_letter',
  } as const
  return toDecision(decide(state, delivery, policy, digest), normalized)
}

/** Read at once by whoever asked: the next digest takes its place. */
const digestBytes = Buffer.alloc(32)

export function digest(text: string): Uint8Array {
  digestBytes.write(textSha256Latin1(text), 'latin1')
  return digestBytes
}

function toDecision(outcome: Outcome, normalized: Normalized): Decision<ProcessorChange> {
  switch (outcome.verdict) {
    case 'duplicate':
      return { verdict: 'duplicate', changes: [], emit: [] }
    case 'dead_letter':
      return deadLetter(outcome.code, outcome.message)
    case 'published': {
      const tooLarge = outcome.changes.some(
        change =>
          change.kind === 'resource' &&
          change.memory.signals.size > 0 &&
          !rowFits(change.memory, rowBytesMax),
      )
      if (tooLarge) return deadLetter('TOO_LARGE', 'the state of its resource would not fit')
      const { changes, emit, superseded } = outcome
      const label = normalized.ok ? normalized.event.domain : ''
      const counts = superseded ? [{ metric: 'superseded' as const, label }] : []
      return { verdict: 'published', changes, emit, counts }
    }
  }
}

function deadLetter(code: string, message: string): Decision<ProcessorChange> {
  return { verdict: 'dead_letter', refusal: { code, message }, changes: [], emit: [] }
}

function factsOf(raw: RawDelivery, normalized: Normalized): DeadLetterFacts {
  return {
    tenantId: raw.tenant_id,
    endpointId: raw.endpoint_id,
    eventId: raw.event_id,
    eventType: normalized.ok ? normalized.event.eventType : raw.source_event_type,
    body: raw.body,
    replayId: raw.replay_id,
  }
}
