// A customer did not come: support settles it, and the tenant's policy says how.

import type { Workflow } from '../workflow.ts'

export const noShow: Workflow = {
  name: 'no-show',
  domain: 'reservation',
  summary: 'support task with the policy outcome of the tenant: fee, waive or warn',
  about: 'resource',
  opensOn: ['reservation.no_show'],
  superseded: 'skip',
  supersededBecause: 'what won knows better: the reservation was canceled or went on',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['reason', 'vehicle_id', 'location_id', 'starts_at', 'amount'],
  tasks: [
    {
      kind: 'no-show-support',
      title: 'Settle the no-show of reservation {id}',
      priority: 'normal',
      assigneeGroup: 'support',
      starts: 'OPEN',
      timers: [{ after: 'no_show_support', becomes: 'OVERDUE' }],
      closes: [{ on: ['reservation.canceled'], state: 'CANCELED', reason: 'canceled' }],
      outcome: { policy: 'no_show' },
    },
  ],
}
