// What the no-show detector remembers: each event by itself, so that a busy tenant never makes one
// large value; the alerts that are open; and the last tick of the partition.

import { encodeKeyPart, resourceKey } from '@fleet/contracts'
import type { Resource } from '@fleet/contracts'

export type SpikeFact = NoShowFact | OpenAlertFact | LastTickFact

export interface NoShowFact {
  kind: 'no_show'
  tenantId: string
  eventId: string
  /** Microseconds. */
  effectiveAt: number
  /** Microseconds; the last tick before it arrived, 0 before the first. */
  arrivedAfter: number
}

export interface OpenAlertFact {
  kind: 'open_alert'
  tenantId: string
  /** Microseconds; the tick that opened it. */
  openedAt: number
  /** Count at the last tick. */
  count: number
}

interface LastTickFact {
  kind: 'last_tick'
  /** Microseconds. */
  tickAt: number
}

export interface SpikeMemory {
  get(key: string): SpikeFact | undefined
  entries(): Iterable<[string, SpikeFact]>
}

export interface SpikeChange {
  key: string
  value: SpikeFact | null
}

export const lastTickKey = 'last-tick'

/** The same event id at another resource is another event. */
export function noShowKey(tenantId: string, resource: Resource, eventId: string): string {
  const key = resourceKey(tenantId, resource.type, resource.id)
  return `no-show/${key}/${encodeKeyPart(eventId)}`
}

export function openAlertKey(tenantId: string): string {
  return `open-alert/${encodeKeyPart(tenantId)}`
}

export function recallLastTick(memory: SpikeMemory): number | null {
  const fact = memory.get(lastTickKey)
  return fact?.kind === 'last_tick' ? fact.tickAt : null
}
