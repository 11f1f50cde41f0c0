// The listening socket of the edge, its limits on slow and large callers, and its orderly end. Deliveries
// are served here directly: a framework on this path costs more than half of the throughput.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { routeOf } from '../core/route.ts'
import { problemAnswer, rawAnswer, send } from './answer.ts'
import type { DeliveryHandler } from './delivery-handler.ts'
import type { EdgeReport } from './edge-report.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

export interface HttpLimits {
  /** Headers are one packet; whoever needs longer holds a connection for nothing. */
  readonly headersTimeoutMs: number
  /** The whole request. Smartcar gives up after 15 s as well. */
  readonly requestTimeoutMs: number
  /** Longer than the idle time of common load balancers, so that it is never us who close first. */
  readonly keepAliveMs: number
  /** Request line and headers together. */
  readonly headerBytesMax: number
  /** Further headers are dropped unread, so that one request can't cost a table of thousands. */
  readonly headersMax: number
  /** Sockets; what comes beyond is closed at once, before it costs memory. */
  readonly connectionsMax: number
  /** How often timeouts are looked at, and so how late they may be. */
  readonly timeoutCheckMs: number
  /** What is under way when the process is told to end; below the ten seconds of the process. */
  readonly drainMsMax: number
}

const defaultHttpLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveMs: 65_000,
  headerBytesMax: 16 * 1024,
  headersMax: 100,
  connectionsMax: 4096,
  timeoutCheckMs: 500,
  drainMsMax: 8500,
}

export interface HttpServerOptions {
  readonly deliveries: DeliveryHandler
  /** Serves what is no delivery. */
  readonly elsewhere: Handler
  readonly report: EdgeReport
  readonly clock: Clock
  readonly limits?: Partial<HttpLimits>
}

export interface HttpServer {
  listen(host: string, port: number): Promise<number>
  /** Accepts nothing more; resolves when what was under way is answered, or cut off at the limit. */
  drain(): Promise<void>
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultHttpLimits, ...options.limits }
  const answering = new WeakMap<Duplex, ServerResponse>()
  const handle: Handler = (request, response) => {
    answering.set(request.socket, response)
    return serve(request, response, options)
  }
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: limits.timeoutCheckMs,
      // A missing Host header is answered by us, with a problem document.
      requireHostHeader: false,
    },
    handle,
  )
  server.maxHeadersCount = limits.headersMax
  server.maxConnections = limits.connectionsMax
  // An expectation we do not know may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', handle)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseUnreadable(error, socket, answering.get(socket), options.report)
  })
  return {
    listen: (host, port) => listen(server, host, port),
    drain: () => drain(server, limits.drainMsMax, options.clock),
  }
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { deliveries, elsewhere, report }: HttpServerOptions,
): unknown {
  if (request.httpVersion === '1.1' && request.headers.host === undefined) {
    report.unreadable('malformed_request')
    response.shouldKeepAlive = false
    return send(response, problemAnswer('malformed_request'))
  }
  const route = routeOf(request.method ?? '', request.url ?? '')
  switch (route.kind) {
    case 'delivery':
      return deliveries.handle(request, response, route.endpointId)
    case 'method_not_allowed':
      return deliveries.refuseMethod(request, response, route.endpointId)
    case 'elsewhere':
      return elsewhere(request, response)
  }
}

/** Not HTTP, headers too large, or too slow: there is no request to answer, only a connection. */
function refuseUnreadable(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  current: ServerResponse | undefined,
  report: EdgeReport,
): void {
  const isGone = error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable
  const isPending = current !== undefined && !current.writableFinished
  if (isGone || (isPending && current.headersSent)) {
    socket.destroy()
    return
  }
  if (isPending && current.req.complete) {
    // What follows a complete request is broken; that request still gets its own answer.
    current.shouldKeepAlive = false
    return
  }
  const code = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_request'
  const answer = problemAnswer(code)
  // Whoever waits for the rest of this request counts it, by this status.
  if (isPending) current.statusCode = answer.status
  else report.unreadable(code)
  socket.end(rawAnswer(answer), () => socket.destroy())
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const message = `can not listen on ${host}:${port} (${messageOf(error)}); is the port taken?`
      reject(new FleetError('LISTEN_FAILED', 'fatal', message, { cause: error }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Connections that become idle only now are not closed by the server itself. */
const idleCheckMs = 50

function drain(server: Server, drainMsMax: number, clock: Clock): Promise<void> {
  return new Promise(resolve => {
    let cancelIdle = (): void => {}
    const cancelLimit = clock.after(drainMsMax, () => server.closeAllConnections())
    const closeIdle = (): void => {
      server.closeIdleConnections()
      cancelIdle = clock.after(idleCheckMs, closeIdle)
    }
    server.close(() => {
      cancelLimit()
      cancelIdle()
      resolve()
    })
    closeIdle()
  })
}
