// A vehicle cannot give a signal: it is marked so, and somebody decides what to do without it.

import type { Workflow } from '../workflow.ts'

export const signalUnavailable: Workflow = {
  name: 'signal-unavailable',
  domain: 'vehicle',
  summary: 'mark that the signal is not available, and a task to go on without it',
  about: 'signal',
  opensOn: [
    'vehicle.state_reported',
    'vehicle.signal_failed',
    // One delivery may speak of several errors; its type is that of the gravest.
    'vehicle.reauthentication_required',
  ],
  superseded: 'skip',
  supersededBecause: 'a newer report says whether the signal comes',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['vehicle_id', 'make', 'model', 'year'],
  tasks: [
    {
      kind: 'signal-unavailable',
      title: 'Vehicle {id} does not give {subject}',
      priority: 'low',
      assigneeGroup: 'fleet-data',
      starts: 'OPEN',
      timers: [{ after: 'signal_unavailable', becomes: 'OVERDUE' }],
      closes: [
        {
          on: [
            'vehicle.state_reported',
            'vehicle.error_resolved',
            'vehicle.signal_failed',
            'vehicle.reauthentication_required',
          ],
          state: 'DONE',
          reason: 'available',
        },
      ],
      outcome: { fixed: 'mark_signal_not_available' },
      marks: 'signal',
    },
  ],
}
