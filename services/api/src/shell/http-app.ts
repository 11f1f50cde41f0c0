// The read API on express: one route for resources, three for operators. Every refusal is a problem
// document; nothing of the request is repeated in it.

import { resourceKey } from '@fleet/contracts'
import { causesOf, codeOf, fateOf, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { normalizeResourceType } from '@fleet/sources'
import { metricsContentType, readinessOf } from '@fleet/telemetry'
import type { Logger, Metrics } from '@fleet/telemetry'
import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express'
import { presentState } from '../core/present-state.ts'
import { problem } from '../core/problem.ts'
import type { ProblemCode } from '../core/problem.ts'
import type { StateStore } from '../core/state-store.ts'

export interface ApiPorts {
  store: StateStore
  metrics: Metrics
  logger: Logger
  clock: Clock
}

const retryAfterSeconds = 1

export function createApi(ports: ApiPorts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(measure(ports))
  app.route('/v1/resources/:type/:id').get(readResource(ports.store)).all(onlyGet)
  app.route('/health').get(health).all(onlyGet)
  app.route('/ready').get(ready(ports.store)).all(onlyGet)
  app.route('/metrics').get(showMetrics(ports.metrics)).all(onlyGet)
  app.use((_request, response) => refuse(response, 'no_route', 'There is nothing at this path.'))
  app.use(failed(ports.logger))
  return app
}

function readResource(store: StateStore): RequestHandler<{ type: string; id: string }> {
  return async (request, response) => {
    const tenant = request.query['tenant']
    if (typeof tenant !== 'string' || tenant === '') {
      refuse(response, 'malformed_request', 'The query parameter tenant is required, once.')
      return
    }
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

const health: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' })
}

function ready(store: StateStore): RequestHandler {
  return (_request, response) => {
    const { status, body } = readinessOf({ redis: store.check() })
    response.status(status).json(body)
  }
}

function showMetrics(metrics: Metrics): RequestHandler {
  return async (_request, response) => {
    response.type(metricsContentType).send(await metrics.text())
  }
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
      refuse(response, 'unavailable', 'The view can not be read now. Try again.')
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

function refuse(response: Response, code: ProblemCode, detail: string): void {
  const document = problem(code, detail)
  response.status(document.status).type('application/problem+json').send(JSON.stringify(document))
}
