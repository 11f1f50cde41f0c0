// Tenant policies with times of seconds, so that timers fire while a world lasts.

import { parsePolicies } from '../../../services/automation/src/index.ts'
import type { Policies } from '../../../services/automation/src/index.ts'

/** Of every workflow, in seconds. */
export const taskSeconds = {
  no_show_support: [3],
  claim_case: [4],
  claim_documents_reminder: [2, 2],
  claim_documents: [3],
  violation_review: [3],
  payment_retry: [1, 2, 3],
  payment_give_up: [2],
  customer_reminder: [2, 3],
  damage_triage: [4],
  return_grace: [2],
  return_operator: [3],
  checkout_duration: [2],
  checkout_operator: [2],
  calendar_conflict: [3],
  reconnect_reminder: [1, 3],
  reconnect: [2],
  signal_unavailable: [4],
  rate_limit_back_off: [3],
} as const

export const policies: Policies = read()

function read(): Policies {
  const seconds = Object.entries(taskSeconds).map(([name, list]) => [
    name,
    list.map(each => `PT${each}S`),
  ])
  const times = Object.fromEntries(seconds) as Record<string, string[]>
  const file = { version: 'simulated', defaults: { no_show: { outcome: 'warn' }, times } }
  const reading = parsePolicies(JSON.stringify(file))
  if (!reading.ok) throw new Error(reading.problems.join('; '))
  return reading.policies
}
