// GET /health, /ready and /metrics for processes that serve nothing else. Answers while the process is
// alive, whatever its work is doing.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Metrics } from './metrics.ts'
import { readinessOf } from './readiness.ts'
import type { Checks } from './readiness.ts'

export interface OperationsServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly metrics: Metrics
  readonly checks: () => Checks
}

export interface OperationsServer {
  readonly port: number
  close(): Promise<void>
}

/** Prometheus' own content type; without the version some scrapers refuse it. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

/** Scrapers send a few lines; whoever takes longer holds a connection for nothing. */
const requestTimeoutMs = 5000
const connectionsMax = 100

export async function startOperationsServer(
  options: OperationsServerOptions,
): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      send(response, 500, 'text/plain', messageOf(error))
    })
  })
  server.requestTimeout = requestTimeoutMs
  server.headersTimeout = requestTimeoutMs
  server.maxConnections = connectionsMax
  await listen(server, options.host, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, checks }: OperationsServerOptions,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return send(response, 405, 'text/plain', 'method not allowed\n')
  }
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/health') return sendJson(response, 200, { status: 'ok' })
  if (path === '/ready') {
    const { status, body } = readinessOf(checks())
    return sendJson(response, status, body)
  }
  if (path === '/metrics') return send(response, 200, metricsContentType, await metrics.text())
  return send(response, 404, 'text/plain', 'there are /health, /ready and /metrics\n')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body))
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const message = `can not listen on ${host}:${port} (${messageOf(error)}); is the port taken?`
      reject(new FleetError('LISTEN_FAILED', 'fatal', message, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}
