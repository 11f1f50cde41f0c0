// The OpenAPI 3.1 document of this service, made from the operations that make the routes.

import type { JsonObject } from '@fleet/sources'
import { statusOfProblem } from '../core/problem.ts'
import type { ProblemCode } from '../core/problem.ts'
import { adminOperations } from './admin/operations.ts'
import type { Operation } from './admin/operation.ts'
import { schemas } from './admin/schemas.ts'
import { linesType } from './admin/send-lines.ts'

const parameterTexts: Record<string, JsonObject> = {
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  after: { type: 'string', description: 'The next of the page before.' },
  before: { type: 'integer', minimum: 0 },
  endpoint_id: { type: 'string' },
  prune: { type: 'boolean', default: false },
}

/** Without the control plane there is only the read API. */
export function openApiDocument(hasControlPlane: boolean): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = { ...readPaths }
  for (const operation of hasControlPlane ? adminOperations : []) {
    const here = (paths[operation.path] ??= {})
    here[operation.method] = describe(operation)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fleetstream API', version: '1' },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { ...schemas },
      responses: {
        Problem: {
          description: 'What is wrong, as a problem document (RFC 9457).',
          content: { 'application/problem+json': { schema: reference('Problem') } },
        },
      },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'flk_…' } },
    },
  }
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

function describe(operation: Operation): JsonObject {
  const { operationId, summary, scope, request, response } = operation
  const { status, schema, isLines } = response
  const type = isLines === true ? linesType : 'application/json'
  const content = schema === null ? {} : { content: jsonContent(schema, type) }
  const hasEtag = ['Tenant', 'Endpoint', 'Secret', 'ApiKey'].includes(schema ?? '')
  const headers = hasEtag ? { headers: { ETag: { schema: { type: 'string' } } } } : {}
  return {
    operationId,
    summary,
    description: `Scope: \`${scope}\`.`,
    security: [{ apiKey: [] }],
    parameters: parametersOf(operation),
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(request) } }),
    responses: {
      [String(status)]: { description: 'Done.', ...headers, ...content },
      ...refusalsOf(operation),
    },
  }
}

function jsonContent(schema: string, type = 'application/json'): JsonObject {
  return { [type]: { schema: reference(schema) } }
}

function parametersOf({ path, query = [], conditional }: Operation): JsonObject[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): JsonObject => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  const inQuery = query.map((name): JsonObject => {
    return { name, in: 'query', schema: parameterTexts[name] ?? { type: 'string' } }
  })
  const headers = conditional === undefined ? [] : ['If-Match', 'If-None-Match']
  const inHeader = headers.map((name): JsonObject => {
    return { name, in: 'header', schema: { type: 'string' } }
  })
  return [...inPath, ...inQuery, ...inHeader]
}

function refusalsOf({ method, request, conditional }: Operation): Record<string, JsonObject> {
  const codes: ProblemCode[] = ['malformed_request', 'unauthorized', 'forbidden', 'not_found']
  if (method !== 'get') codes.push('conflict', 'invalid')
  if (request !== undefined) codes.push('body_too_large', 'unsupported_media_type')
  if (conditional !== undefined) codes.push('precondition_failed', 'precondition_required')
  codes.push('rate_limited', 'unavailable')
  const refused = { $ref: '#/components/responses/Problem' }
  return Object.fromEntries(codes.map(code => [String(statusOfProblem(code)), refused]))
}

const problemResponse: JsonObject = { $ref: '#/components/responses/Problem' }

function readPath(operationId: string, summary: string, contentType: string): JsonObject {
  const content = { [contentType]: { schema: {} } }
  return { operationId, summary, responses: { '200': { description: 'Done.', content } } }
}

const text = { type: 'string' }

const readinessContent: JsonObject = {
  'application/json': {
    schema: {
      type: 'object',
      properties: { ready: { type: 'boolean' }, checks: { type: 'object' } },
      required: ['ready', 'checks'],
      additionalProperties: false,
    },
  },
}

const readPaths: Record<string, Record<string, JsonObject>> = {
  '/v1/resources/{type}/{id}': {
    get: {
      operationId: 'getResource',
      summary: 'The newest state of a resource; in production with scope events:read',
      security: [{}, { apiKey: [] }],
      parameters: [
        { name: 'type', in: 'path', required: true, schema: text },
        { name: 'id', in: 'path', required: true, schema: text },
        { name: 'tenant', in: 'query', required: true, schema: text },
      ],
      responses: {
        '200': {
          description: 'The state and the coordinates it reflects.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        '400': problemResponse,
        '401': problemResponse,
        '403': problemResponse,
        '404': problemResponse,
        '429': problemResponse,
        '503': problemResponse,
      },
    },
  },
  '/v1/openapi.json': {
    get: readPath('getOpenApi', 'This document', 'application/json'),
  },
  '/health': { get: readPath('getHealth', 'Alive', 'application/json') },
  '/ready': {
    get: {
      operationId: 'getReady',
      summary: 'Whether it can work, and why not',
      responses: {
        '200': { description: 'Ready.', content: readinessContent },
        '503': { description: 'Not ready.', content: readinessContent },
      },
    },
  },
  '/metrics': { get: readPath('getMetrics', 'Prometheus text', 'text/plain') },
}
