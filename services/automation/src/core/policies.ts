// What a tenant wants: the outcome of a no-show and how long everything may take. A version names the
// whole file; every task carries the version it was opened under.

import { microsPerDay, microsPerHour, microsPerSecond } from '@fleet/contracts'
import type { Money } from '@fleet/contracts'

export const timeNames = [
  'no_show_support',
  'damage_triage',
  'claim_case',
  'claim_documents_reminder',
  'claim_documents',
  'violation_review',
  'payment_retry',
  'payment_give_up',
  'customer_reminder',
  'return_grace',
  'return_operator',
  'checkout_duration',
  'checkout_operator',
  'calendar_conflict',
  'reconnect_reminder',
  'reconnect',
  'signal_unavailable',
  'rate_limit_back_off',
] as const
export type TimeName = (typeof timeNames)[number]

export const outcomes = ['fee', 'waive', 'warn'] as const

export interface NoShowPolicy {
  readonly outcome: (typeof outcomes)[number]
  /** Of a fee only. */
  readonly amount: Money | null
}

export interface TenantPolicy {
  readonly noShow: NoShowPolicy
  /** Microseconds; several are several timers, one after the other. */
  readonly times: Readonly<Record<TimeName, readonly number[]>>
}

export interface Policies {
  readonly version: string
  readonly defaults: TenantPolicy
  readonly tenants: ReadonlyMap<string, TenantPolicy>
}

export function policyOf(policies: Policies, tenantId: string): TenantPolicy {
  return policies.tenants.get(tenantId) ?? policies.defaults
}

const duration = /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/

/** ISO 8601 in days, hours, minutes and seconds, `P1DT12H`; null: it is none, or nothing. */
export function durationMicros(text: string): number | null {
  const parts = duration.exec(text)
  if (parts === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map(part => Number(part ?? 0))
  const micros =
    days * microsPerDay + hours * microsPerHour + (minutes * 60 + seconds) * microsPerSecond
  return micros > 0 ? micros : null
}
