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
  const record: Record<string, Out> = {}
  if (map.size === 0) return record
  // Nearly all resources have one register: nothing to sort.
  if (map.size === 1)
    for (const [key, value] of map) {
      // Assigned, it would be the prototype.
      if (key === '__proto__') break
      record[key] = convert(value)
      return record
    }
  const entries = [...map].toSorted(([left], [right]) => compareUtf8(left, right))
  return Object.fromEntries(entries.map(([key, value]) => [key, convert(value)]))
}
