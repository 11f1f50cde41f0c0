// A damage was reported: somebody looks at the vehicle, until there is a claim.

import type { Workflow } from '../workflow.ts'

export const damageReported: Workflow = {
  name: 'damage-reported',
  domain: 'incident',
  summary: 'task to look at the damage',
  about: 'resource',
  opensOn: ['incident.damage_reported'],
  superseded: 'open',
  supersededBecause: 'a damage is a fact however late it is told, unless a claim followed it',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['severity', 'category', 'vehicle_id', 'rental_session_id', 'reservation_id', 'amount'],
  tasks: [
    {
      kind: 'damage-triage',
      title: 'Look at the damage of incident {id}',
      priority: 'high',
      assigneeGroup: 'operations',
      starts: 'OPEN',
      timers: [{ after: 'damage_triage', becomes: 'OVERDUE' }],
      closes: [
        { on: ['incident.claim_opened'], state: 'DONE', reason: 'claim_opened' },
        { on: ['incident.claim_resolved'], state: 'DONE', reason: 'claim_resolved' },
      ],
      outcome: null,
    },
  ],
}
