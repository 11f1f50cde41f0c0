// /v1/admin/secrets: written, never read back.

import { reaches, shown } from '@fleet/control'
import type { Command, ControlPlane, SecretRecord } from '@fleet/control'
import { pageOf } from '../../core/page.ts'
import { change, invalid, notFound } from './answers.ts'
import { BodyReader } from './body.ts'
import { limitOf, listParameters } from './listing.ts'
import type { Operation } from './operation.ts'

const path = '/v1/admin/secrets'
const one = `${path}/{endpoint_id}/{id}`

function withUse(plane: ControlPlane, record: SecretRecord): object {
  const at = plane.secretLastUsedAt(record.endpoint_id, record.id)
  return { ...shown('secret', record), last_used_at: at }
}

type PutSecret = Extract<Command, { kind: 'put-secret' }>

function sourceOf(body: BodyReader): PutSecret['source'] {
  if (body.has('value')) return { value: body.text('value') }
  return body.has('ref') ? { ref: body.text('ref') } : null
}

export const secretOperations: readonly Operation[] = [
  {
    method: 'get',
    path,
    operationId: 'listSecrets',
    summary: 'Secrets the key reaches, without their values; endpoint_id for those of one endpoint',
    scope: 'endpoints:write',
    query: [...listParameters, 'endpoint_id'],
    response: { status: 200, schema: 'SecretList' },
    run: ({ plane, actor, query }) => {
      const limit = limitOf(query)
      if (typeof limit !== 'number') return limit
      const { endpoint_id: endpointId } = query
      const own = [...plane.state.secrets].filter(
        ([, at]) =>
          reaches(actor, at.tenant_id) &&
          (endpointId === undefined || at.endpoint_id === endpointId),
      )
      const { items, next } = pageOf(own, limit, query['after'] ?? null)
      return { status: 200, body: { items: items.map(at => withUse(plane, at)), next } }
    },
  },
  {
    method: 'get',
    path: one,
    operationId: 'getSecret',
    summary: 'One secret, without its value',
    scope: 'endpoints:write',
    response: { status: 200, schema: 'Secret' },
    run: ({ plane, actor, parameters: { endpoint_id: endpointId = '', id = '' } }) => {
      const found = plane.state.secrets.get(`${endpointId}/${id}`)
      if (found === undefined || !reaches(actor, found.tenant_id)) return notFound
      return { status: 200, body: withUse(plane, found), revision: found.revision }
    },
  },
  {
    method: 'put',
    path: one,
    operationId: 'putSecret',
    summary: 'Make or replace a secret, or change from when to when it counts',
    scope: 'endpoints:write',
    conditional: true,
    request: 'SecretInput',
    response: { status: 200, schema: 'Secret' },
    run: call => {
      const body = new BodyReader(call.body, 'SecretInput')
      if (body.has('value') && body.has('ref')) body.problems.push('value or ref, not both')
      const { endpoint_id: endpointId = '', id = '' } = call.parameters
      const command: Command = {
        kind: 'put-secret',
        endpointId,
        id,
        source: sourceOf(body),
        notBefore: body.textOrNull('not_before'),
        notAfter: body.textOrNull('not_after'),
      }
      return body.problems.length > 0 ? invalid(body.problems) : change(call, command, 200)
    },
  },
  {
    method: 'delete',
    path: one,
    operationId: 'deleteSecret',
    summary: 'Remove a secret',
    scope: 'endpoints:write',
    conditional: true,
    response: { status: 204, schema: null },
    run: call => {
      const { endpoint_id: endpointId = '', id = '' } = call.parameters
      return change(call, { kind: 'delete-secret', endpointId, id }, 204)
    },
  },
  {
    method: 'post',
    path: `${path}-reseal`,
    operationId: 'resealSecrets',
    summary: 'Seal again, by the first master key, what another one sealed',
    scope: 'admin',
    response: { status: 200, schema: 'Resealed' },
    run: call => change(call, { kind: 'reseal-secrets' }, 200),
  },
]
