// The router counts what comes from each source and says it once a minute: a silent source is an absence,
// and no detector can see an absence in events it is not given.

import { encodeKeyPart } from '@fleet/contracts'
import type { AlertSignal } from '@fleet/contracts'

import { microsPerMinute } from './detectors.ts'
import type { RoutedEvent } from './to-alert-signal.ts'
import { toActivitySignal } from './to-alert-signal.ts'

export type RouterFact =
  | { kind: 'heard'; tenantId: string; source: string; count: number }
  /** Microseconds; the tick at which it was last said. */
  | { kind: 'reported'; at: number }

export interface RouterMemory {
  get(key: string): RouterFact | undefined
  entries(): Iterable<[string, RouterFact]>
}

export interface RouterChange {
  key: string
  value: RouterFact | null
}

const reportedKey = 'reported'

export function hear(memory: RouterMemory, event: RoutedEvent): RouterChange[] {
  if (event.mode === 'TEST') return []
  const { tenant_id: tenantId, source } = event
  const key = `heard/${encodeKeyPart(tenantId)}/${encodeKeyPart(source)}`
  const known = memory.get(key)
  const count = known?.kind === 'heard' ? known.count + 1 : 1
  return [{ key, value: { kind: 'heard', tenantId, source, count } }]
}

export interface Report {
  signals: readonly AlertSignal[]
  changes: readonly RouterChange[]
}

export function reportHeard(memory: RouterMemory, tickAt: number): Report {
  const last = memory.get(reportedKey)
  const isDue = last?.kind !== 'reported' || Math.abs(tickAt - last.at) >= microsPerMinute
  if (!isDue) return { signals: [], changes: [] }
  const signals: AlertSignal[] = []
  const changes: RouterChange[] = []
  const heard = [...memory.entries()].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
  for (const [key, fact] of heard) {
    if (fact.kind !== 'heard') continue
    signals.push(toActivitySignal(fact.tenantId, fact.source, fact.count, tickAt))
    changes.push({ key, value: null })
  }
  if (signals.length === 0) return { signals, changes }
  return {
    signals,
    changes: [...changes, { key: reportedKey, value: { kind: 'reported', at: tickAt } }],
  }
}
