// Builds the record of the state table: what a resource is now. Its maps are sorted, so that the
// same registers are the same bytes whatever the order they were filled in.

import type { Domain, Lineage, Register, Resource, ResourceState } from '@fleet/contracts'

import { compareUtf8 } from './last-write-wins.ts'
import type { ResourceMemory } from './resource-memory.ts'
import { toSignalState } from './signals.ts'

export interface StateFacts {
  readonly tenantId: string
  readonly resource: Readonly<Resource>
  /** Of the event that caused this version. Microseconds. */
  readonly updatedAt: number
  readonly lineage: Lineage
}

export function toResourceState(memory: ResourceMemory, facts: StateFacts): ResourceState {
  return {
    tenant_id: facts.tenantId,
    resource: { ...facts.resource },
    version: memory.version,
    registers: sortedRecord(memory.registers, register => register),
    signals: sortedRecord(memory.signals, toSignalState),
    deleted: isDeleted(memory.registers),
    updated_at: facts.updatedAt,
    lineage: facts.lineage,
  }
}

function isDeleted(registers: ReadonlyMap<Domain, Register>): boolean {
  return (
    registers.get('customer')?.event_type === 'customer.deleted' ||
    registers.get('location')?.event_type === 'location.deleted'
  )
}

function sortedRecord<In, Out>(
  map: ReadonlyMap<string, In>,
  convert: (value: In) => Out,
): Record<string, Out> {
  const entries = map.size > 1 ? [...map].toSorted(([a], [b]) => compareUtf8(a, b)) : map
  const record: Record<string, Out> = {}
  for (const [key, value] of entries) setOwn(record, key, convert(value))
  return record
}

/** A signal's code may be any word; assigned, this one would be the prototype. */
function setOwn<Value>(record: Record<string, Value>, key: string, value: Value): void {
  if (key !== '__proto__') record[key] = value
  else {
    const property = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(record, key, property)
  }
}
