// Which tenants the ledger knows, and through which month each is closed. Pure.

import type { LedgerMemory } from './ledger-memory.ts'
import type { LedgerPartition } from './read-ledger.ts'

/** Tenants that an entry names, or an instruction. */
export function tenantsIn(partitions: readonly LedgerPartition[]): Set<string> {
  return new Set(
    partitions.flatMap(({ journal, memory }) => [
      ...journal.counts.tenants(),
      ...memory.closed.keys(),
    ]),
  )
}

export function unknownTenant(tenant: string): string {
  return `the ledger has no tenant "${tenant}": no entry and no closed month names it`
}

/** A month is closed when it is in every partition. */
export function closedOf(
  memories: readonly LedgerMemory[],
): { tenant_id: string; period: string }[] {
  const tenants = new Set(memories.flatMap(({ closed }) => [...closed.keys()]))
  return [...tenants].toSorted().flatMap(tenant_id => {
    const [period = ''] = memories.map(({ closed }) => closed.get(tenant_id) ?? '').toSorted()
    return period === '' ? [] : [{ tenant_id, period }]
  })
}
