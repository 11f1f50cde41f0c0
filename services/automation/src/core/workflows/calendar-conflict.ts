// Two plans for one vehicle: an operator sets the calendar right.

import type { Workflow } from '../workflow.ts'

export const calendarConflict: Workflow = {
  name: 'calendar-conflict',
  domain: 'vehicle_availability',
  summary: 'operator task to set the calendar right',
  about: 'resource',
  opensOn: ['vehicle_availability.calendar_conflict'],
  superseded: 'skip',
  supersededBecause: 'what won changed the calendar since',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['vehicle_id', 'calendar_id', 'reason', 'window_start', 'window_end'],
  tasks: [
    {
      kind: 'calendar-conflict',
      title: 'Resolve the calendar conflict of {id}',
      priority: 'normal',
      assigneeGroup: 'operations',
      starts: 'OPEN',
      timers: [{ after: 'calendar_conflict', becomes: 'OVERDUE' }],
      closes: [
        {
          on: ['vehicle_availability.window_released'],
          state: 'DONE',
          reason: 'window_released',
        },
        { on: ['vehicle_availability.window_blocked'], state: 'DONE', reason: 'window_blocked' },
      ],
      outcome: null,
    },
  ],
}
