// Tenant policies with times of seconds, so that timers fire while a world lasts.

import { parsePolicies } from '../../../services/automation/src/index.ts'
import type { Policies } from '../../../services/automation/src/index.ts'

/** Of every workflow that tasks.ts has a model of, in seconds. */
export const taskSeconds = {
  no_show_support: [3],
  claim_case: [4],
  claim_documents_reminder: [2, 2],
  claim_documents: [3],
  violation_review: [3],
  payment_retry: [1, 2, 3],
  payment_give_up: [2],
  customer_reminder: [2, 3],
} as const

const others = {
  damage_triage: 'PT3S',
  return_grace: 'PT3S',
  return_operator: 'PT3S',
  checkout_duration: 'PT3S',
  checkout_operator: 'PT3S',
  calendar_conflict: 'PT3S',
  reconnect_reminder: 'PT3S',
  reconnect: 'PT3S',
  signal_unavailable: 'PT3S',
  rate_limit_back_off: 'PT3S',
}

export const policies: Policies = read()

function read(): Policies {
  const seconds = Object.entries(taskSeconds).map(([name, list]) => [
    name,
    list.map(each => `PT${each}S`),
  ])
  const times = { ...others, ...(Object.fromEntries(seconds) as Record<string, string[]>) }
  const file = { version: 'simulated', defaults: { no_show: { outcome: 'warn' }, times } }
  const reading = parsePolicies(JSON.stringify(file))
  if (!reading.ok) throw new Error(reading.problems.join('; '))
  return reading.policies
}
