// A check-out began and did not end: an operator looks after it.

import type { Workflow } from '../workflow.ts'

export const checkoutTimeout: Workflow = {
  name: 'checkout-timeout',
  domain: 'rental_session',
  summary: 'operator task when a check-out has begun and does not end',
  about: 'resource',
  opensOn: ['rental_session.checkout_started'],
  superseded: 'skip',
  supersededBecause: 'what won came after the check-out began: the session ended or went on',
  countsFrom: 'effective_at',
  repeated: 'replace',
  details: ['vehicle_id', 'reservation_id', 'due_at'],
  tasks: [
    {
      kind: 'checkout-timeout',
      title: 'The check-out of session {id} does not end',
      priority: 'high',
      assigneeGroup: 'operations',
      starts: null,
      timers: [
        { after: 'checkout_duration', becomes: 'OPEN' },
        { after: 'checkout_operator', becomes: 'OVERDUE' },
      ],
      closes: [
        { on: ['rental_session.completed'], state: 'DONE', reason: 'completed' },
        {
          on: ['rental_session.canceled', 'rental_session.expired'],
          state: 'CANCELED',
          reason: 'ended',
        },
        {
          on: ['rental_session.active', 'rental_session.extended'],
          state: 'CANCELED',
          reason: 'went_on',
        },
      ],
      outcome: null,
    },
  ],
}
