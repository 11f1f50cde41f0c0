// The source wants fewer requests: whoever asks it waits.

import type { Workflow } from '../workflow.ts'

export const rateLimit: Workflow = {
  name: 'rate-limit',
  domain: 'vehicle',
  summary: 'hint not to ask the source before a time; done when the time has come',
  about: 'rate_limit',
  opensOn: [
    'vehicle.state_reported',
    'vehicle.signal_failed',
    // One delivery may speak of several errors; its type is that of the gravest.
    'vehicle.reauthentication_required',
  ],
  superseded: 'skip',
  supersededBecause: 'the time to wait has passed or a newer limit counts',
  countsFrom: 'effective_at',
  repeated: 'replace',
  details: ['vehicle_id'],
  tasks: [
    {
      kind: 'back-off',
      title: 'Ask less often for vehicle {id}',
      priority: 'low',
      assigneeGroup: 'integrations',
      starts: 'WAITING',
      timers: [{ after: 'rate_limit_back_off', becomes: 'DONE' }],
      closes: [],
      outcome: { fixed: 'back_off' },
    },
  ],
}
