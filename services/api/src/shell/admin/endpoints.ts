// /v1/admin/endpoints, and endpoints.json in and out

import { exportEndpoints, reaches, shown } from '@fleet/control'
import { pageOf } from '../../core/page.ts'
import { change, invalid, notFound } from './answers.ts'
import { BodyReader } from './body.ts'
import { limitOf, listParameters } from './listing.ts'
import type { Operation } from './operation.ts'

const path = '/v1/admin/endpoints'
const one = `${path}/{id}`
const filePath = '/v1/admin/endpoints-file'

export const endpointOperations: readonly Operation[] = [
  {
    method: 'get',
    path,
    operationId: 'listEndpoints',
    summary: 'Endpoints the key reaches, by id',
    scope: 'endpoints:write',
    query: listParameters,
    response: { status: 200, schema: 'EndpointList' },
    run: ({ plane, actor, query }) => {
      const limit = limitOf(query)
      if (typeof limit !== 'number') return limit
      const own = [...plane.state.endpoints].filter(([, at]) => reaches(actor, at.tenant_id))
      const { items, next } = pageOf(own, limit, query['after'] ?? null)
      return { status: 200, body: { items: items.map(at => shown('endpoint', at)), next } }
    },
  },
  {
    method: 'get',
    path: one,
    operationId: 'getEndpoint',
    summary: 'One endpoint',
    scope: 'endpoints:write',
    response: { status: 200, schema: 'Endpoint' },
    run: ({ plane, actor, parameters: { id = '' } }) => {
      const found = plane.state.endpoints.get(id)
      if (found === undefined || !reaches(actor, found.tenant_id)) return notFound
      return { status: 200, body: shown('endpoint', found), revision: found.revision }
    },
  },
  {
    method: 'put',
    path: one,
    operationId: 'putEndpoint',
    summary: 'Make or change an endpoint; in force in every ingester within two seconds',
    scope: 'endpoints:write',
    conditional: true,
    request: 'EndpointInput',
    response: { status: 200, schema: 'Endpoint' },
    run: call => {
      const body = new BodyReader(call.body, 'EndpointInput')
      const tenantId = body.text('tenant_id')
      const definition = body.object('definition')
      if (body.problems.length > 0) return invalid(body.problems)
      const { id = '' } = call.parameters
      return change(call, { kind: 'put-endpoint', id, tenantId, definition }, 200)
    },
  },
  {
    method: 'delete',
    path: one,
    operationId: 'deleteEndpoint',
    summary: 'Remove an endpoint and its secrets',
    scope: 'endpoints:write',
    conditional: true,
    response: { status: 204, schema: null },
    run: call => change(call, { kind: 'delete-endpoint', id: call.parameters['id'] ?? '' }, 204),
  },
  {
    method: 'get',
    path: filePath,
    operationId: 'exportEndpoints',
    summary: 'The endpoints the key reaches as an endpoints.json; secrets as references',
    scope: 'endpoints:write',
    response: { status: 200, schema: 'EndpointsExport' },
    run: ({ plane, actor }) => {
      const body = exportEndpoints(plane.state, tenantId => reaches(actor, tenantId))
      return { status: 200, body }
    },
  },
  {
    method: 'post',
    path: filePath,
    operationId: 'importEndpoints',
    summary:
      'Merge an endpoints.json: what is not in it stays, but with prune=true secrets of its endpoints',
    scope: 'admin',
    query: ['prune'],
    request: 'EndpointsFile',
    response: { status: 200, schema: 'Imported' },
    run: call => {
      const { prune = 'false' } = call.query
      if (prune !== 'true' && prune !== 'false') {
        return { problem: 'malformed_request', detail: 'prune must be true or false.' }
      }
      const command = {
        kind: 'import-endpoints',
        file: call.body,
        prune: prune === 'true',
      } as const
      return change(call, command, 200)
    },
  },
]
