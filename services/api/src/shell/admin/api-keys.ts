// /v1/admin/api-keys: the text of a key is in the answer that makes it, and nowhere else.

import { reaches, scopes, shown } from '@fleet/control'
import type { ApiKeyRecord, Command, ControlPlane } from '@fleet/control'
import { pageOf } from '../../core/page.ts'
import { change, invalid, notFound } from './answers.ts'
import { BodyReader } from './body.ts'
import { limitOf, listParameters } from './listing.ts'
import type { Operation } from './operation.ts'

const path = '/v1/admin/api-keys'
const one = `${path}/{id}`

/** Time to bring the new key to its users when the caller does not say. */
const overlapSecondsDefault = 86_400

function withUse(plane: ControlPlane, record: ApiKeyRecord): object {
  return { ...shown('api-key', record), last_used_at: plane.lastUsedAt(record.id) }
}

export const apiKeyOperations: readonly Operation[] = [
  {
    method: 'get',
    path,
    operationId: 'listApiKeys',
    summary: 'API keys the key reaches, by id',
    scope: 'admin',
    query: listParameters,
    response: { status: 200, schema: 'ApiKeyList' },
    run: ({ plane, actor, query }) => {
      const limit = limitOf(query)
      if (typeof limit !== 'number') return limit
      const own = [...plane.state.apiKeys].filter(([, at]) => reaches(actor, at.tenant_id))
      const { items, next } = pageOf(own, limit, query['after'] ?? null)
      return { status: 200, body: { items: items.map(at => withUse(plane, at)), next } }
    },
  },
  {
    method: 'post',
    path,
    operationId: 'createApiKey',
    summary: 'Make an API key; its text is shown this once',
    scope: 'admin',
    request: 'ApiKeyInput',
    response: { status: 201, schema: 'NewApiKey' },
    run: call => {
      const body = new BodyReader(call.body, 'ApiKeyInput')
      const command: Command = {
        kind: 'create-api-key',
        // A tenant's admin means his own tenant when he names none.
        tenantId: body.textOrNull('tenant_id') ?? call.actor.tenant_id,
        endpointId: body.textOrNull('endpoint_id'),
        name: body.text('name'),
        scopes: body.choices('scopes', scopes),
        expiresAt: body.textOrNull('expires_at'),
      }
      return body.problems.length > 0 ? invalid(body.problems) : change(call, command, 201)
    },
  },
  {
    method: 'get',
    path: one,
    operationId: 'getApiKey',
    summary: 'One API key, without its text',
    scope: 'admin',
    response: { status: 200, schema: 'ApiKey' },
    run: ({ plane, actor, parameters: { id = '' } }) => {
      const found = plane.state.apiKeys.get(id)
      if (found === undefined || !reaches(actor, found.tenant_id)) return notFound
      return { status: 200, body: withUse(plane, found), revision: found.revision }
    },
  },
  {
    method: 'delete',
    path: one,
    operationId: 'deleteApiKey',
    summary: 'Remove an API key: it lets nobody in any more',
    scope: 'admin',
    conditional: true,
    response: { status: 204, schema: null },
    run: call => change(call, { kind: 'delete-api-key', id: call.parameters['id'] ?? '' }, 204),
  },
  {
    method: 'post',
    path: `${one}/rotate`,
    operationId: 'rotateApiKey',
    summary: 'Make the successor of an API key; both work until the overlap ends (default a day)',
    scope: 'admin',
    conditional: true,
    request: 'RotateInput',
    response: { status: 201, schema: 'RotatedApiKey' },
    run: call => {
      const body = new BodyReader(call.body, 'RotateInput')
      const overlapSeconds = body.wholeNumber('overlap_seconds', overlapSecondsDefault)
      if (body.problems.length > 0) return invalid(body.problems)
      const { id = '' } = call.parameters
      return change(call, { kind: 'rotate-api-key', id, overlapSeconds }, 201)
    },
  },
]
