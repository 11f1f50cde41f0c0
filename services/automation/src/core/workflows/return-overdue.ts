// A vehicle did not come back: the session's due time passed and no check-out began.

import type { Workflow } from '../workflow.ts'

export const returnOverdue: Workflow = {
  name: 'return-overdue',
  domain: 'rental_session',
  summary: 'operator task when a session is past its due time and no check-out has begun',
  about: 'resource',
  opensOn: ['rental_session.checkin_started', 'rental_session.active', 'rental_session.extended'],
  superseded: 'skip',
  supersededBecause: 'what won says how far the session is, and a newer extension its due time',
  countsFrom: 'due_at',
  repeated: 'replace',
  details: ['vehicle_id', 'reservation_id', 'due_at'],
  tasks: [
    {
      kind: 'return-overdue',
      title: 'Session {id} is past its due time',
      priority: 'urgent',
      assigneeGroup: 'operations',
      starts: null,
      timers: [
        { after: 'return_grace', becomes: 'OPEN' },
        { after: 'return_operator', becomes: 'OVERDUE' },
      ],
      closes: [
        { on: ['rental_session.checkout_started'], state: 'DONE', reason: 'checkout_started' },
        { on: ['rental_session.completed'], state: 'DONE', reason: 'completed' },
        {
          on: ['rental_session.canceled', 'rental_session.expired'],
          state: 'CANCELED',
          reason: 'ended',
        },
      ],
      outcome: null,
    },
  ],
}
