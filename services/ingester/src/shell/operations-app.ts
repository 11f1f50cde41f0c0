// Everything that is not a delivery: health, readiness, metrics, and a problem for the rest.

import express from 'express'
import type { ErrorRequestHandler, Express, Request, Response } from 'express'
import { messageOf } from '@fleet/runtime'
import { metricsContentType, readinessOf } from '@fleet/telemetry'
import type { Logger } from '@fleet/telemetry'
import type { ProblemCode } from '../core/problem.ts'
import type { LookAt } from '../workers/look.ts'
import { problemAnswer, send } from './answer.ts'

export interface OperationsOptions {
  readonly look: LookAt
  readonly logger: Logger
}

export function createOperationsApp({ look, logger }: OperationsOptions): Express {
  const app = express()
  app
    .disable('x-powered-by')
    .disable('etag')
    .enable('strict routing')
    .enable('case sensitive routing')
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/ready', async (_request, response) => {
    const { status, body } = readinessOf((await look()).checks)
    response.status(status).json(body)
  })
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metricsContentType).end((await look()).metrics)
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
