// /v1/admin/audit: who changed what, newest first. A key of a tenant sees what concerns that tenant.

import { reaches } from '@fleet/control'
import { limitOf } from './listing.ts'
import type { Operation } from './operation.ts'

export const auditOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/admin/audit',
    operationId: 'listAudit',
    summary: 'Changes, newest first; before for the page before',
    scope: 'admin',
    query: ['limit', 'before'],
    response: { status: 200, schema: 'AuditList' },
    run: async ({ plane, actor, query }) => {
      const limit = limitOf(query)
      if (typeof limit !== 'number') return limit
      const { before } = query
      if (before !== undefined && !/^\d{1,15}$/.test(before)) {
        const detail = 'The query parameter before must be a number from an earlier answer.'
        return { problem: 'malformed_request', detail }
      }
      const page = await plane.audit({
        limit,
        before: before === undefined ? null : Number(before),
        isShown: ({ tenant_id: tenantId }) => reaches(actor, tenantId),
      })
      return { status: 200, body: { items: page.entries, before: page.before } }
    },
  },
]
