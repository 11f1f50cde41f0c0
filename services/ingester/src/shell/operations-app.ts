// Everything that is not a delivery: health, readiness, metrics, and a problem for the rest.

import express from 'express'
import type { ErrorRequestHandler, Express, Request, Response } from 'express'
import { messageOf } from '@fleet/runtime'
import { metricsContentType, readinessOf } from '@fleet/telemetry'
import type { Checks, Logger, Metrics } from '@fleet/telemetry'
import type { ProblemCode } from '../core/problem.ts'
import { problemAnswer, send } from './answer.ts'

export interface OperationsOptions {
  readonly metrics: Metrics
  readonly checks: () => Checks
  readonly logger: Logger
}

export function createOperationsApp({ metrics, checks, logger }: OperationsOptions): Express {
  const app = express()
  app
    .disable('x-powered-by')
    .disable('etag')
    .enable('strict routing')
    .enable('case sensitive routing')
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/ready', (_request, response) => {
    const { status, body } = readinessOf(checks())
    response.status(status).json(body)
  })
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metricsContentType).end(await metrics.text())
  })
  app.all(['/health', '/ready', '/metrics'], (_request, response) => {
    problem(response, 'method_not_allowed', { allow: 'GET, HEAD' })
  })
  app.use((_request: Request, response: Response) => {
    problem(response, 'no_route')
  })
  const onError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error)
    if (error instanceof URIError) return problem(response, 'malformed_request')
    logger.error({ problem: messageOf(error) }, 'operations.failed')
    return problem(response, 'unavailable', { 'retry-after': '5' })
  }
  app.use(onError)
  return app
}

function problem(
  response: Response,
  code: ProblemCode,
  headers: Record<string, string> = {},
): void {
  send(response, problemAnswer(code, headers))
}
