// All workflows, in the order of the documentation. A workflow is added here and in a file of its own.

import type { AutomationDomain } from './automation-event.ts'
import type { Workflow } from './workflow.ts'
import { calendarConflict } from './workflows/calendar-conflict.ts'
import { chargeFailed } from './workflows/charge-failed.ts'
import { checkoutTimeout } from './workflows/checkout-timeout.ts'
import { claimOpened } from './workflows/claim-opened.ts'
import { damageReported } from './workflows/damage-reported.ts'
import { noShow } from './workflows/no-show.ts'
import { rateLimit } from './workflows/rate-limit.ts'
import { returnOverdue } from './workflows/return-overdue.ts'
import { signalUnavailable } from './workflows/signal-unavailable.ts'
import { vehicleReconnect } from './workflows/vehicle-reconnect.ts'
import { violationDisputed } from './workflows/violation-disputed.ts'

export const workflows: readonly Workflow[] = [
  noShow,
  damageReported,
  claimOpened,
  violationDisputed,
  chargeFailed,
  returnOverdue,
  checkoutTimeout,
  calendarConflict,
  vehicleReconnect,
  signalUnavailable,
  rateLimit,
]

export const automationDomains: readonly AutomationDomain[] = [
  'reservation',
  'rental_session',
  'vehicle_availability',
  'incident',
  'violation',
  'billing',
  'vehicle',
]

const byDomain = new Map(
  automationDomains.map(domain => [
    domain,
    workflows.filter(workflow => workflow.domain === domain),
  ]),
)

export function workflowsOf(domain: AutomationDomain): readonly Workflow[] {
  return byDomain.get(domain) ?? []
}
