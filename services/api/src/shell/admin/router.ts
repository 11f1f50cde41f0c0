// The admin API on express: authentication before the body is read, the scope before the work, one
// answer for every wrong key. Nothing of the request is repeated or logged.

import { isUtf8 } from 'node:buffer'
import { hasScope } from '@fleet/control'
import type { ApiKeyRecord, ControlPlane } from '@fleet/control'
import type { JsonObject } from '@fleet/sources'
import express from 'express'
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express'
import { etagOf, readConditions } from '../../core/conditions.ts'
import { isTooDeep } from '../../core/json-depth.ts'
import type { DeadLetterDesk } from '../dead-letters/desk.ts'
import type { Logins } from '../logins.ts'
import { refuse } from '../refuse.ts'
import type { Answer, Operation } from './operation.ts'
import { sendLines } from './send-lines.ts'
import type { Lines } from './send-lines.ts'

/** A definition is a page of JSON; an import may have a thousand of them. */
const bodyBytesMax = 65_536
const fileBytesMax = 900_000

export function adminRouter(
  plane: ControlPlane,
  logins: Logins,
  operations: readonly Operation[],
  deadLetters: () => DeadLetterDesk | null = () => null,
): Router {
  const router = express.Router({ caseSensitive: true, strict: true })
  const paths = new Set(operations.map(({ path }) => path))
  for (const path of paths) {
    const here = operations.filter(operation => operation.path === path)
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    route.all((request, response, next) => {
      response.set('cache-control', 'no-store')
      const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase()
      if (here.some(operation => operation.method === method)) return next()
      response.set('allow', here.map(operation => operation.method.toUpperCase()).join(', '))
      refuse(response, 'method_not_allowed', 'This path does not take this method.')
    })
    for (const operation of here) {
      route[operation.method](
        authorized(plane, logins, operation),
        ...(operation.request === undefined ? [] : [readBody(operation)]),
        run(plane, operation, deadLetters),
      )
    }
  }
  router.use(badBody)
  return router
}

function authorized(plane: ControlPlane, logins: Logins, { scope }: Operation): RequestHandler {
  return async (request, response, next) => {
    if (plane.readiness !== 'ok') {
      response.set('retry-after', '1')
      refuse(response, 'unavailable', 'The control plane has not been read yet. Try again.')
      return
    }
    const key = await logins.keyOf(request, response)
    if (key === null) return
    if (!hasScope(key, scope)) {
      refuse(response, 'forbidden', `The API key lacks the scope ${scope}.`)
      return
    }
    response.locals['actor'] = key
    next()
  }
}

function readBody({ request }: Operation): RequestHandler {
  const limit = request === 'EndpointsFile' ? fileBytesMax : bodyBytesMax
  const parse = express.json({ limit, type: 'application/json', inflate: false, verify: onlyUtf8 })
  return (incoming, response, next) => {
    if (incoming.is('application/json') === false) {
      refuse(response, 'unsupported_media_type', 'The body must be application/json.')
      return
    }
    parse(incoming, response, next)
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The parser itself also takes UTF-16, replaces bytes that are no characters, and reads nothing at all as
 * `{}`, with which a member that was lost on the way would be one that was left out on purpose.
 */
function onlyUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8' || !isUtf8(body)) {
    throw Object.assign(new Error('not UTF-8'), { status: 415, type: 'charset.unsupported' })
  }
  if (body.length === 0 || body.equals(byteOrderMark)) {
    throw Object.assign(new Error('empty'), { status: 400, type: 'entity.parse.failed' })
  }
}

function run(
  plane: ControlPlane,
  operation: Operation,
  deadLetters: () => DeadLetterDesk | null,
): RequestHandler {
  return async (request, response) => {
    const precondition = readConditions(
      request.get('if-match'),
      operation.conditional === undefined ? undefined : request.get('if-none-match'),
    )
    if (precondition === null) {
      refuse(
        response,
        'malformed_request',
        'If-Match takes ETags of ours or *, If-None-Match only *.',
      )
      return
    }
    const query = readQuery(request, operation)
    if (query === null) {
      refuse(response, 'malformed_request', 'A query parameter is unknown or was sent twice.')
      return
    }
    const body: unknown = operation.request === undefined ? {} : (request.body as unknown)
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      refuse(response, 'malformed_request', 'The body must be a JSON object.')
      return
    }
    if (isTooDeep(body)) {
      refuse(response, 'malformed_request', 'The body is nested too deeply.')
      return
    }
    const answer = await operation.run({
      plane,
      deadLetters: deadLetters(),
      actor: response.locals['actor'] as ApiKeyRecord,
      parameters: request.params as Record<string, string>,
      query,
      precondition,
      body: body as JsonObject,
    })
    if ('lines' in answer) await sendLines(request, response, answer)
    else send(response, answer)
  }
}

function readQuery(request: Request, { query = [] }: Operation): Record<string, string> | null {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.query)) {
    if (!query.includes(name) || typeof value !== 'string') return null
    read[name] = value
  }
  return read
}

function send(response: Response, answer: Exclude<Answer, Lines>): void {
  if ('problem' in answer) {
    const isForNow = answer.problem === 'unavailable' || answer.problem === 'rate_limited'
    if (isForNow) response.set('retry-after', '1')
    refuse(response, answer.problem, answer.detail, answer.problems)
    return
  }
  if (answer.revision !== undefined) response.set('etag', etagOf(answer.revision))
  response.status(answer.status)
  if (answer.body === null) response.end()
  else response.json(answer.body)
}

/** What the body parser refuses, told apart by the status it gives; its messages quote the body. */
const badBody: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const status = error instanceof Error && 'type' in error && 'status' in error ? error.status : 0
  if (response.headersSent) return next(error)
  if (status === 413) refuse(response, 'body_too_large', 'The body is too large.')
  else if (status === 415) {
    refuse(response, 'unsupported_media_type', 'The body must be UTF-8 without content encoding.')
  } else if (status === 400) refuse(response, 'malformed_request', 'The body is not correct JSON.')
  else next(error)
}
