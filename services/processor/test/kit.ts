// Builds deliveries from a short notation and runs them through the decision, the way the loop
// does: decide, stage, and commit a batch now and then.

import { resourceKey } from '@fleet/contracts'
import type { Domain, Mode, RawDelivery, ResourceState, Signal } from '@fleet/contracts'
import { sha256 } from '@fleet/signatures'

import { decide } from '../src/core/decide.ts'
import type { Delivery, Outcome } from '../src/core/decide.ts'
import type { NormalizedEvent } from '../src/core/normalized-event.ts'
import type { Policy } from '../src/core/policy.ts'
import type { AnyEvent } from '../src/core/to-event.ts'
import { createState } from '../src/stage.ts'
import type { ProcessorState } from '../src/state/processor-state.ts'

/** Seconds in tests count from here. */
export const epochMs = Date.UTC(2026, 0, 1)

export function micros(seconds: number): number {
  return (epochMs + seconds * 1000) * 1000
}

export const policy: Policy = {
  windowMs: 1000 * 1000,
  skewMicros: 300 * 1_000_000,
  horizonMicros: 10_000 * 1_000_000,
}

export function digest(text: string): Uint8Array {
  return sha256(Buffer.from(text))
}

export interface Sent {
  /** Seconds. */
  appended: number
  occurred: number
  received: number
  type: string
  domain: Domain
  id: string
  resource: string
  tenant: string
  source: string
  mode: Mode
  fingerprint: number
  signals: readonly Signal[]
  fields: object
  attributes: Record<string, string>
  onIdConflict: 'dead_letter' | 'count'
  bad: 'UNIDENTIFIED' | 'BAD_TIME' | null
}

/** A delivery with a value for everything; received when appended, occurred when received. */
export function sent(some: Partial<Sent> & { appended: number }): Sent {
  const type = some.type ?? 'reservation.updated'
  const domain = some.domain ?? ((type.split('.')[0] ?? 'unmapped') as Domain)
  return {
    occurred: some.received ?? some.appended,
    received: some.appended,
    type,
    domain,
    id: 'e1',
    resource: 'R1',
    tenant: 'demo',
    source: 'levy',
    mode: 'LIVE',
    fingerprint: 1,
    signals: [],
    fields: {},
    attributes: {},
    onIdConflict: 'dead_letter',
    bad: null,
    ...some,
  }
}

const booleanWords = new Set(['test', 'count', 'unidentified', 'badtime'])

/**
 * One delivery in words: `<appended s> <type> <id> [@<occurred>] [name=value …] [test|count|…]`;
 * names: resource, tenant, source, received, content; `signals=code:status:observed:value,…`.
 */
export function read(line: string): Sent {
  const words = line.trim().split(/\s+/)
  const [appended = '0', type = '', id = '', ...rest] = words
  const flags = new Set(rest.filter(word => booleanWords.has(word)))
  const named = new Map(
    rest.filter(word => word.includes('=')).map(word => word.split('=', 2) as [string, string]),
  )
  const occurred = rest.find(word => word.startsWith('@'))?.slice(1) ?? appended
  const signals = named.get('signals')?.split(',') ?? []
  const received = Number(named.get('received') ?? appended)
  return sent({
    appended: Number(appended),
    occurred: Number(occurred),
    received,
    type,
    id,
    resource: named.get('resource') ?? 'R1',
    tenant: named.get('tenant') ?? 'demo',
    source: named.get('source') ?? 'levy',
    fingerprint: Number(named.get('content') ?? 1),
    mode: flags.has('test') ? 'TEST' : 'LIVE',
    onIdConflict: flags.has('count') ? 'count' : 'dead_letter',
    bad: flags.has('unidentified') ? 'UNIDENTIFIED' : flags.has('badtime') ? 'BAD_TIME' : null,
    signals: signals.map(readSignal),
  })
}

/** `code:ok|failed:<observed s>:<value>` */
export function readSignal(text: string): Signal {
  const [code = '', status, observed = '0', value = null] = text.split(':')
  return signal(code, status === 'ok', Number(observed), value)
}

export function signal(
  code: string,
  isGood: boolean,
  observed: number,
  value: string | null,
): Signal {
  return {
    code,
    name: `name of ${code}`,
    group: null,
    status: isGood ? 'SUCCESS' : 'ERROR',
    error_type: isGood ? null : 'UPSTREAM',
    error_code: null,
    value_json: isGood ? value : null,
    unit: isGood ? 'km' : null,
    observed_at: micros(observed),
    won: false,
  }
}

export function keyOf(one: Sent): string {
  const type = one.domain === 'vehicle' ? 'vehicle' : 'thing'
  return resourceKey(one.tenant, type, one.resource)
}

function eventOf(one: Sent): NormalizedEvent {
  const fields = one.domain === 'vehicle' ? { ...one.fields, signals: one.signals } : one.fields
  return {
    domain: one.domain,
    eventId: one.id,
    eventType: one.type,
    source: one.source,
    sourceEventType: one.type,
    tenantId: one.tenant,
    subaccountId: null,
    resource: { type: one.domain === 'vehicle' ? 'vehicle' : 'thing', id: one.resource },
    occurredAt: micros(one.occurred),
    mode: one.mode,
    deliveryAttempt: null,
    fields,
    attributes: {
      record: one.attributes,
      encoded: null,
      json: JSON.stringify(one.attributes),
    },
    fingerprint: one.fingerprint,
    mapperVersion: '1',
  }
}

export function rawOf(one: Sent): RawDelivery {
  return {
    delivery_id: `delivery of ${one.id}`,
    tenant_id: one.tenant,
    endpoint_id: 'levy-demo',
    source: one.source,
    channel: 'WEBHOOK',
    received_at: micros(one.received),
    remote_ip: null,
    headers: {},
    content_type: null,
    body: new Uint8Array(),
    body_sha256: new Uint8Array(32),
    signature_scheme: null,
    signature_key_id: null,
    event_id: one.id,
    source_event_type: one.type,
    resource_type: 'thing',
    resource_id: one.resource,
    occurred_at: micros(one.occurred),
    delivery_attempt: null,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}

export interface Decided {
  outcome: Outcome
  /** The published event; undefined when there is none. */
  event: AnyEvent | undefined
  /** State records written with it: key and value, null for a tombstone. */
  states: { key: string; value: ResourceState | null }[]
}

export interface RunOptions {
  policy?: Policy
  idsMax?: number
  /** Whether the batch is committed after the record at this offset. Default: always. */
  commitsAfter?: (offset: number) => boolean
  /** Whether memory is thrown away and restored before the record at this offset. */
  restartsBefore?: (offset: number) => boolean
}

/** One partition of the processor, with its changelog. */
export class Partition {
  readonly #options: RunOptions
  readonly #policy: Policy
  /** Every record ever written, in order: what a log without compaction holds. */
  readonly #log: { key: string; value: Buffer | null }[] = []
  /** The state table, and what has been decided for it and is not committed. */
  readonly #table = new Map<string, ResourceState>()
  #states: Decided['states'] = []
  #offset = 0
  #streamTimeMs = 0
  state: ProcessorState

  constructor(options: RunOptions = {}) {
    this.#options = options
    this.#policy = options.policy ?? policy
    this.state = this.#newState()
  }

  take(one: Sent): Decided {
    const { commitsAfter, restartsBefore } = this.#options
    const offset = this.#offset++
    if (restartsBefore?.(offset) === true) this.restart()
    const appendedAtMs = epochMs + one.appended * 1000
    this.#streamTimeMs = Math.max(this.#streamTimeMs, appendedAtMs)
    const delivery: Delivery = {
      raw: rawOf(one),
      normalized:
        one.bad === null
          ? { ok: true, event: eventOf(one) }
          : { ok: false, code: one.bad, message: 'unreadable' },
      key: keyOf(one),
      origin: {
        topic: 'raw',
        partition: 0,
        offset,
        appendedAtMs,
        provenanceKeyId: 'k1',
      },
      streamTimeMs: this.#streamTimeMs,
      nowMicros: 0,
      onIdConflict: one.onIdConflict,
    }
    const outcome = decide(this.state, delivery, this.#policy, digest)
    if (outcome.verdict === 'published') {
      for (const change of outcome.changes) this.state.stage(change)
    }
    const decided = toDecided(outcome)
    this.#states.push(...decided.states)
    if (commitsAfter?.(offset) ?? true) this.commit()
    return decided
  }

  commit(): void {
    this.state.advance(this.#streamTimeMs)
    this.#log.push(...this.state.pending())
    for (const { key, value } of this.#states) {
      if (value === null) this.#table.delete(key)
      else this.#table.set(key, value)
    }
    this.#states = []
    this.state.commit()
  }

  /** What is not committed yet is committed first: this kit does not lose transactions. */
  restart(): void {
    this.commit()
    this.state = this.#newState()
    for (const { key, value } of this.#log) this.state.restore(key, value)
    for (const [key, value] of this.#table) this.state.restoreTable(key, () => value)
  }

  /** The changelog as compaction leaves it. */
  compacted(): Map<string, Buffer> {
    const rows = new Map<string, Buffer>()
    for (const { key, value } of this.#log) {
      rows.delete(key)
      if (value !== null) rows.set(key, value)
    }
    return rows
  }

  #newState(): ProcessorState {
    const { windowMs } = this.#policy
    return createState({ windowMs, idsMax: this.#options.idsMax ?? 5_000_000 })
  }
}

function toDecided(outcome: Outcome): Decided {
  if (outcome.verdict !== 'published') return { outcome, event: undefined, states: [] }
  const events = outcome.emit.filter(({ topic }) => topic.logical.startsWith('events.'))
  const states = outcome.emit.filter(({ topic }) => topic.logical === 'state')
  return {
    outcome,
    event: events[0]?.value as AnyEvent | undefined,
    states: states.map(({ key, value }) => ({ key, value: value as ResourceState | null })),
  }
}
