// /v1/admin/tenants

import { shown } from '@fleet/control'
import { pageOf } from '../../core/page.ts'
import { change, invalid, notFound } from './answers.ts'
import { BodyReader } from './body.ts'
import type { Operation } from './operation.ts'
import { limitOf, listParameters } from './listing.ts'

const path = '/v1/admin/tenants'
const one = `${path}/{id}`

export const tenantOperations: readonly Operation[] = [
  {
    method: 'get',
    path,
    operationId: 'listTenants',
    summary: 'Tenants, by id',
    scope: 'admin',
    query: listParameters,
    response: { status: 200, schema: 'TenantList' },
    run: ({ plane, actor, query }) => {
      const limit = limitOf(query)
      if (typeof limit !== 'number') return limit
      const own = [...plane.state.tenants].filter(
        ([id]) => actor.tenant_id === null || actor.tenant_id === id,
      )
      const { items, next } = pageOf(own, limit, query['after'] ?? null)
      return { status: 200, body: { items: items.map(at => shown('tenant', at)), next } }
    },
  },
  {
    method: 'get',
    path: one,
    operationId: 'getTenant',
    summary: 'One tenant',
    scope: 'admin',
    response: { status: 200, schema: 'Tenant' },
    run: ({ plane, actor, parameters: { id = '' } }) => {
      const found = plane.state.tenants.get(id)
      const isOwn = actor.tenant_id === null || actor.tenant_id === id
      if (found === undefined || !isOwn) return notFound
      return { status: 200, body: shown('tenant', found), revision: found.revision }
    },
  },
  {
    method: 'put',
    path: one,
    operationId: 'putTenant',
    summary: 'Make or change a tenant',
    scope: 'admin',
    conditional: true,
    request: 'TenantInput',
    response: { status: 200, schema: 'Tenant' },
    run: call => {
      const body = new BodyReader(call.body, 'TenantInput')
      const name = body.text('name')
      if (body.problems.length > 0) return invalid(body.problems)
      const { id = '' } = call.parameters
      return change(call, { kind: 'put-tenant', id, name }, 200)
    },
  },
  {
    method: 'delete',
    path: one,
    operationId: 'deleteTenant',
    summary: 'Remove a tenant that has neither endpoints nor API keys',
    scope: 'admin',
    conditional: true,
    response: { status: 204, schema: null },
    run: call => change(call, { kind: 'delete-tenant', id: call.parameters['id'] ?? '' }, 204),
  },
]
