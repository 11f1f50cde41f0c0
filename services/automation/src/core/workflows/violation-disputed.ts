// A customer disputes a violation: compliance decides within a time.

import type { Workflow } from '../workflow.ts'

export const violationDisputed: Workflow = {
  name: 'violation-disputed',
  domain: 'violation',
  summary: 'compliance review with an SLA timer',
  about: 'resource',
  opensOn: ['violation.disputed'],
  superseded: 'open',
  supersededBecause:
    'a dispute must be answered however late it comes, unless it was decided since',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['violation_code', 'reason', 'vehicle_id', 'rental_session_id', 'amount'],
  tasks: [
    {
      kind: 'compliance-review',
      title: 'Review the disputed violation {id}',
      priority: 'high',
      assigneeGroup: 'compliance',
      starts: 'OPEN',
      timers: [{ after: 'violation_review', becomes: 'OVERDUE' }],
      closes: [
        { on: ['violation.charged'], state: 'DONE', reason: 'charged' },
        {
          on: ['violation.withdrawn', 'violation.dismissed'],
          state: 'DONE',
          reason: 'withdrawn',
        },
      ],
      outcome: null,
    },
  ],
}
