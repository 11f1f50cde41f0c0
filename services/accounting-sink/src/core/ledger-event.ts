// The normalized events the ledger takes, each with the domain its topic stands for.

import type { BillingEvent, IncidentEvent, ViolationEvent } from '@fleet/contracts'

export const ledgerDomains = ['billing', 'violation', 'incident'] as const
export type LedgerDomain = (typeof ledgerDomains)[number]

export type LedgerEvent =
  | { domain: 'billing'; event: BillingEvent }
  | { domain: 'violation'; event: ViolationEvent }
  | { domain: 'incident'; event: IncidentEvent }
