// The API on express: one route for resources, the admin API where there is a control plane, and the
// routes of operators. Every refusal is a problem document; nothing of the request is repeated in it.

import { hasScope, reaches } from '@fleet/control'
import type { ControlPlane } from '@fleet/control'
import { resourceKey } from '@fleet/contracts'
import { causesOf, codeOf, fateOf, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { normalizeResourceType } from '@fleet/sources'
import { metricsContentType, readinessOf } from '@fleet/telemetry'
import type { Logger, Metrics } from '@fleet/telemetry'
import express from 'express'
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express'
import { presentState } from '../core/present-state.ts'
import type { StateStore } from '../core/state-store.ts'
import { adminOperations } from './admin/operations.ts'
import { adminRouter } from './admin/router.ts'
import type { DeadLetterDesk } from './dead-letters/desk.ts'
import { Logins } from './logins.ts'
import { openApiDocument } from './openapi.ts'
import { refuse } from './refuse.ts'

export interface ApiPorts {
  store: StateStore
  metrics: Metrics
  logger: Logger
  clock: Clock
  /** Null: there is none, and no admin API. */
  plane: ControlPlane | null
  /** For the admin API; null while they can’t be reached. */
  deadLetters?: () => DeadLetterDesk | null
  /** In production nothing is read without a key, and so nothing where there is no control plane. */
  isKeyRequired: boolean
  /** From one address in a minute. */
  failedLoginsPerMinute: number
  /** Networks of proxies whose X-Forwarded-For counts. */
  trustedProxies: readonly string[]
}

const retryAfterSeconds = 1

export function createApi(ports: ApiPorts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', [...ports.trustedProxies])
  app.use(neverGuessed)
  app.use(alwaysWhole)
  app.use(measure(ports))
  const logins = openLogins(ports)
  app.route('/v1/resources/:type/:id').get(readResource(ports, logins)).all(onlyGet)
  const document = openApiDocument(ports.plane !== null)
  app.route('/v1/openapi.json').get(showDocument(document)).all(onlyGet)
  if (ports.plane !== null && logins !== null) {
    app.use(adminRouter(ports.plane, logins, adminOperations, ports.deadLetters))
  }
  app.route('/health').get(health).all(onlyGet)
  app.route('/ready').get(ready(ports)).all(onlyGet)
  app.route('/metrics').get(showMetrics(ports.metrics)).all(onlyGet)
  app.use((_request, response) => refuse(response, 'no_route', 'There is nothing at this path.'))
  app.use(failed(ports.logger))
  return app
}

function openLogins({ plane, metrics, failedLoginsPerMinute }: ApiPorts): Logins | null {
  if (plane === null) return null
  return new Logins(plane, { failedPerMinute: failedLoginsPerMinute, metrics })
}

function readResource(
  ports: ApiPorts,
  logins: Logins | null,
): RequestHandler<{ type: string; id: string }> {
  const { store } = ports
  return async (request, response) => {
    const tenant = request.query['tenant']
    if (typeof tenant !== 'string' || tenant === '') {
      refuse(response, 'malformed_request', 'The query parameter tenant is required, once.')
      return
    }
    if (!(await isReadAllowed(ports, logins, request, response, tenant))) return
    // Express has percent-decoded the path's parameters, once.
    const type = normalizeResourceType(request.params.type)
    const key = type === null ? null : resourceKey(tenant, type, request.params.id)
    const found = key === null ? null : await store.read(key)
    if (found === null) {
      refuse(response, 'not_found', 'This tenant has no such resource.')
      return
    }
    const { state, partition, offset } = found
    response.set('cache-control', 'no-store')
    response.json({ state: presentState(state), as_of: { partition, offset } })
  }
}

/** Answers itself when it is not. In development a request without a key may read. */
async function isReadAllowed(
  { isKeyRequired, plane }: ApiPorts,
  logins: Logins | null,
  request: Pick<Request, 'headers' | 'ip'>,
  response: Response,
  tenant: string,
): Promise<boolean> {
  if (plane === null || logins === null) {
    if (!isKeyRequired) return true
    response.set('www-authenticate', 'Bearer')
    refuse(response, 'unauthorized', 'Reading takes an API key, and there is no control plane.')
    return false
  }
  if (!isKeyRequired && request.headers.authorization === undefined) return true
  // Until the keys have been read, a right one would count as a failed login.
  if (plane.readiness !== 'ok') {
    response.set('retry-after', String(retryAfterSeconds))
    refuse(response, 'unavailable', 'The control plane has not been read yet. Try again.')
    return false
  }
  const key = await logins.keyOf(request, response)
  if (key === null) return false
  if (hasScope(key, 'events:read') && reaches(key, tenant)) return true
  refuse(response, 'forbidden', 'The API key lacks the scope events:read for this tenant.')
  return false
}

function showDocument(document: object): RequestHandler {
  return (_request, response) => {
    response.json(document)
  }
}

const health: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' })
}

function ready({ store, plane }: ApiPorts): RequestHandler {
  return (_request, response) => {
    const control = plane === null ? {} : { control: plane.readiness }
    const { status, body } = readinessOf({ redis: store.check(), ...control })
    response.status(status).json(body)
  }
}

function showMetrics(metrics: Metrics): RequestHandler {
  return async (_request, response) => {
    response.type(metricsContentType).send(await metrics.text())
  }
}

/** A browser must take what senders and tenants wrote as the JSON it is. */
const neverGuessed: RequestHandler = (_request, response, next) => {
  response.set('x-content-type-options', 'nosniff')
  next()
}

/** Nothing here is cached, and Express would answer 304 to any `If-None-Match: *`. */
const alwaysWhole: RequestHandler = (request, _response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') {
    delete request.headers['if-none-match']
    delete request.headers['if-modified-since']
  }
  next()
}

const onlyGet: RequestHandler = (_request, response) => {
  response.set('allow', 'GET, HEAD')
  refuse(response, 'method_not_allowed', 'This path answers GET only.')
}

function measure({ metrics, clock }: ApiPorts): RequestHandler {
  const seconds = metrics.histogram('fleet_api_seconds', 'Time to answer a request of the read API')
  return (request, response, next) => {
    if (!request.path.startsWith('/v1/')) return next()
    const startedAtMs = clock.elapsedMs()
    response.once('finish', () => {
      const status = String(response.statusCode)
      seconds.observe((clock.elapsedMs() - startedAtMs) / 1000, { status })
    })
    next()
  }
}

function failed(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error)
    if (fateOf(error) === 'transient') {
      response.set('retry-after', String(retryAfterSeconds))
      refuse(response, 'unavailable', 'What this needs does not answer now. Try again.')
      return
    }
    // Express marks what the caller did wrong, such as a malformed percent-encoding, with a status.
    if (statusOf(error) === 400) {
      refuse(response, 'malformed_request', 'The path is not correctly percent-encoded.')
      return
    }
    logger.error(
      { code: codeOf(error), causes: causesOf(error) },
      `request.failed: ${messageOf(error)}`,
    )
    refuse(response, 'internal', 'This is our fault; it has been logged.')
  }
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined
}
