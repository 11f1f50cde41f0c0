// A charge failed: it is tried again on a schedule, and the customer is reminded.

import type { Workflow } from '../workflow.ts'

export const chargeFailed: Workflow = {
  name: 'charge-failed',
  domain: 'billing',
  summary: 'payment retries on a schedule, and reminders to the customer',
  about: 'resource',
  opensOn: ['billing.charge_failed'],
  superseded: 'skip',
  supersededBecause: 'what won came after the failure: retrying what may be paid takes money twice',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['charge_id', 'category', 'reason', 'reservation_id', 'rental_session_id', 'amount'],
  tasks: [
    {
      kind: 'payment-retry',
      title: 'Try charge {id} again',
      priority: 'normal',
      assigneeGroup: 'billing',
      starts: 'WAITING',
      timers: [
        { after: 'payment_retry', becomes: 'DUE' },
        { after: 'payment_give_up', becomes: 'OVERDUE' },
      ],
      closes: [
        { on: ['billing.charge_succeeded'], state: 'DONE', reason: 'paid' },
        { on: ['billing.refund_processed'], state: 'CANCELED', reason: 'refunded' },
      ],
      outcome: { fixed: 'retry_charge' },
    },
    {
      kind: 'customer-reminder',
      title: 'Remind the customer of charge {id}',
      priority: 'normal',
      assigneeGroup: 'support',
      starts: 'DUE',
      timers: [{ after: 'customer_reminder', becomes: 'DUE' }],
      closes: [
        { on: ['billing.charge_succeeded'], state: 'DONE', reason: 'paid' },
        { on: ['billing.refund_processed'], state: 'CANCELED', reason: 'refunded' },
      ],
      outcome: { fixed: 'remind_customer' },
    },
  ],
}
