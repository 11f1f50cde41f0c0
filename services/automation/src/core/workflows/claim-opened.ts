// A claim was opened: a case for the claims team, and documents from the customer.

import type { Workflow } from '../workflow.ts'

export const claimOpened: Workflow = {
  name: 'claim-opened',
  domain: 'incident',
  summary: 'claims case, and a request for documents with reminders',
  about: 'resource',
  opensOn: ['incident.claim_opened'],
  superseded: 'open',
  supersededBecause: 'a claim stays open whatever is told after it, unless it was resolved',
  countsFrom: 'effective_at',
  repeated: 'note',
  details: ['claim_id', 'severity', 'category', 'vehicle_id', 'rental_session_id', 'amount'],
  tasks: [
    {
      kind: 'claims-case',
      title: 'Work on the claim of {id}',
      priority: 'high',
      assigneeGroup: 'claims',
      starts: 'OPEN',
      timers: [{ after: 'claim_case', becomes: 'OVERDUE' }],
      closes: [{ on: ['incident.claim_resolved'], state: 'DONE', reason: 'claim_resolved' }],
      outcome: null,
    },
    {
      kind: 'claim-documents',
      title: 'Documents for the claim of {id}',
      priority: 'normal',
      assigneeGroup: 'claims',
      starts: 'DUE',
      timers: [
        { after: 'claim_documents_reminder', becomes: 'DUE' },
        { after: 'claim_documents', becomes: 'OVERDUE' },
      ],
      closes: [{ on: ['incident.claim_resolved'], state: 'CANCELED', reason: 'claim_resolved' }],
      outcome: { fixed: 'request_documents' },
    },
  ],
}
