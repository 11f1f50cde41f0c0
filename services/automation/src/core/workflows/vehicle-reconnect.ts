// A vehicle's permission or account is gone: its owner is asked to connect again.

import type { Workflow } from '../workflow.ts'

export const vehicleReconnect: Workflow = {
  name: 'vehicle-reconnect',
  domain: 'vehicle',
  summary: 'request to the owner to connect again, one for the permission and one for the account',
  about: 'connection',
  opensOn: ['vehicle.reauthentication_required'],
  superseded: 'skip',
  supersededBecause: 'what won came from the vehicle since: it is connected',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['vehicle_id'],
  tasks: [
    {
      kind: 'reconnect-request',
      title: 'Ask the owner of vehicle {id} to connect again ({subject})',
      priority: 'high',
      assigneeGroup: 'customer-success',
      starts: 'DUE',
      timers: [
        { after: 'reconnect_reminder', becomes: 'DUE' },
        { after: 'reconnect', becomes: 'OVERDUE' },
      ],
      closes: [
        {
          on: [
            'vehicle.error_resolved',
            'vehicle.reauthentication_required',
            'vehicle.signal_failed',
          ],
          state: 'DONE',
          reason: 'resolved',
        },
      ],
      outcome: { fixed: 'request_reconnect' },
    },
  ],
}
