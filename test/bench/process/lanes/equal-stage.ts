// What Kafka Streams' program does, as a stage on our loop: JSON in, repeated ids dropped, bytes passed
// through to the topic of their domain and, when newest of their resource, to a last-write-wins topic.
// Memory, changelog and order are the processor's own.

import type { Domain, Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import { sha256 } from '@fleet/signatures'
import type { Decision, Emit, Input, StageDeclaration } from '@fleet/stage'

import { judge } from '../../../../services/processor/src/core/judge.ts'
import type { ProcessorChange } from '../../../../services/processor/src/core/memory.ts'
import { seenIdOf } from '../../../../services/processor/src/core/seen-id.ts'
import { ProcessorState } from '../../../../services/processor/src/state/processor-state.ts'
import { eventDomains } from '../events.ts'

/** As Streams' program: seven days. */
const windowMs = 7 * 86_400_000
const idsMax = 5_000_000

interface Event {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly resource_id: string
}

interface Decoded {
  readonly event: Event
  readonly bytes: Buffer
}

/** Bytes in, bytes out; the document is read once, as every program of the comparison does. */
export const jsonCodec: Codec = {
  load: () => Promise.resolve(),
  prepare: () => Promise.resolve(),
  foresee: () => {},
  encode: (_topic, value) => value as Buffer,
  decode: (_topic, value): Decoded => ({
    event: JSON.parse(value.toString('utf8')) as Event,
    bytes: value,
  }),
}

function jsonTopic(name: string, kind: Topic['kind']): Topic {
  return {
    logical: name,
    name,
    kind,
    key: 'private',
    schema: null,
    writers: [],
    readers: [],
    retentionDays: null,
    maxMessageBytes: 1024 * 1024,
    transactional: true,
  }
}

/** The six domains and `lww`, behind a prefix. */
export function outputNames(prefix: string): string[] {
  return [...eventDomains, 'lww'].map(name => `${prefix}${name}`)
}

export function equalStage(
  inputName: string,
  outputPrefix: string,
): StageDeclaration<ProcessorState, ProcessorChange> {
  const byDomain = new Map<string, Topic>(
    eventDomains.map(domain => [domain, jsonTopic(`${outputPrefix}${domain}`, 'stream')]),
  )
  const newest = jsonTopic(`${outputPrefix}lww`, 'table')
  return {
    // A stage's name is one of the platform's: this one borrows the CRM sink's changelog, so that the
    // processor's own is left to the full lane.
    name: 'crm-sink',
    inputs: [jsonTopic(inputName, 'stream')],
    outputs: [...byDomain.values(), newest],
    createState: () => new ProcessorState({ windowMs, idsMax }),
    decide: (state, input) => decide(state, input, byDomain, newest),
  }
}

function decide(
  state: ProcessorState,
  { key, value, record, streamTimeMs }: Input,
  byDomain: ReadonlyMap<string, Topic>,
  newest: Topic,
): Decision<ProcessorChange> {
  const { event, bytes } = value as Decoded
  const id = seenIdOf(
    { tenantId: '', source: '', recordKey: key, mode: 'LIVE', eventId: event.event_id },
    text => sha256(Buffer.from(text)),
  )
  const earlier = state.sighting(id)
  if (earlier !== undefined && streamTimeMs - earlier.firstSeenMs <= windowMs) {
    return { verdict: 'duplicate', changes: [], emit: [] }
  }
  const domain = event.event_type.slice(0, event.event_type.indexOf('.'))
  const topic = byDomain.get(domain)
  if (topic === undefined) throw new Error(`no topic for ${domain}`)
  const { resource } = judge(state.resource(key), normalizedOf(event, domain as Domain), {
    appendedAtMs: record.timestampMs,
    skewMicros: Number.MAX_SAFE_INTEGER,
    floorMicros: -Infinity,
  })
  const changes: ProcessorChange[] = [
    { kind: 'seen', entry: { id, firstSeenMs: streamTimeMs, fingerprint: 0 } },
  ]
  const emit: Emit[] = [{ topic, key, value: passedThrough(bytes) }]
  if (resource !== null) {
    changes.push({ kind: 'resource', key, memory: resource })
    emit.push({ topic: newest, key, value: passedThrough(bytes) })
  }
  return { verdict: 'published', changes, emit }
}

/** The codec above takes bytes where the platform's takes records. */
function passedThrough(bytes: Buffer): Emit['value'] {
  return bytes as unknown as Emit['value']
}

function normalizedOf(event: Event, domain: Domain) {
  return {
    domain,
    eventId: event.event_id,
    eventType: event.event_type,
    source: '',
    sourceEventType: event.event_type,
    tenantId: '',
    subaccountId: null,
    resource: { type: domain, id: event.resource_id },
    occurredAt: Date.parse(event.occurred_at) * 1000,
    mode: 'LIVE' as const,
    deliveryAttempt: null,
    fields: {},
    attributes: { record: {}, encoded: null, json: '{}' },
    fingerprint: 0,
    mapperVersion: '',
  }
}
