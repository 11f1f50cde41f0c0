// The listening socket of the edge, its limits on slow and large callers, and its orderly end. Deliveries
// are served here directly: a framework on this path costs more than half of the throughput.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { IngestSettings } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Metrics } from '@fleet/telemetry'
import type { Proxies } from '../core/address.ts'
import { headersOf, isAcceptable, valuesOf } from '../core/request-head.ts'
import { routeOf } from '../core/route.ts'
import { problemAnswer, rawAnswer, sendAndClose, unavailableAnswer } from './answer.ts'
import { Connections } from './connections.ts'
import type { DeliveryHandler } from './delivery-handler.ts'
import type { EdgeReport } from './edge-report.ts'
import type { Shedding } from './shedding.ts'
import type { Tls } from './tls.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Those of the settings, where each stands with its reason, and two that nobody needs to set. */
export interface HttpLimits extends IngestSettings {
  /** How often timeouts are looked at, and so how late they may be. */
  readonly timeoutCheckMs: number
  /** What is under way when the process is told to end; below the ten seconds of the process. */
  readonly drainMsMax: number
}

const ownLimits = { timeoutCheckMs: 500, drainMsMax: 8500 }

/** From when the kernel asks a silent peer whether it is still there. */
const probeAfterSilenceMs = 30_000

export interface HttpServerOptions {
  readonly deliveries: DeliveryHandler
  /** Serves what is no delivery. */
  readonly elsewhere: Handler
  readonly report: EdgeReport
  readonly shedding: Shedding
  readonly metrics: Metrics
  readonly clock: Clock
  readonly proxies: Proxies
  readonly settings: IngestSettings
  readonly bodyBytesMax: number
  /** Null: plain HTTP. */
  readonly tls: Tls | null
  readonly limits?: Partial<HttpLimits>
}

export interface HttpServer {
  listen(host: string, port: number): Promise<number>
  /** Accepts nothing more; resolves when what was under way is answered, or cut off at the limit. */
  drain(): Promise<void>
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...options.settings, ...ownLimits, ...options.limits }
  const connections = new Connections(limits, options.proxies, options.metrics)
  const handle: Handler = (request, response) => {
    switch (connections.begin(request.socket, response)) {
      case 'allowed':
        return serve(request, response, options, limits)
      case 'too many':
        options.shedding.count('pipelined')
        options.report.unreadable('unavailable')
        return sendAndClose(request, response, unavailableAnswer(), options.clock)
      case 'after the last':
        return undefined
    }
  }
  const server = openServer(limits, options.tls, handle)
  connections.watch(server)
  // An expectation we do not know may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', handle)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Who asks first is told of a body that is too large before sending it.
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced <= options.bodyBytesMax) response.writeContinue()
    return handle(request, response)
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuseTunnel(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    refuseUnreadable(error, socket, connections.currentOf(socket), options.report)
  })
  return {
    listen: (host, port) => listen(server, host, port),
    drain: () => drain(server, limits.drainMsMax, options.clock),
  }
}

function openServer(limits: HttpLimits, tls: Tls | null, handle: Handler): Server {
  const parsing = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytesMax,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    // A missing Host header is answered by us, with a problem document.
    requireHostHeader: false,
    keepAlive: true,
    keepAliveInitialDelay: probeAfterSilenceMs,
  }
  const server = tls === null ? createServer(parsing, handle) : openTlsServer(parsing, tls, handle)
  // One more than allowed is kept, so that it can be seen that there were more.
  server.maxHeadersCount = limits.headersMax + 1
  server.timeout = limits.idleTimeoutMs
  return server
}

function openTlsServer(
  parsing: { readonly headersTimeout: number },
  tls: Tls,
  handle: Handler,
): Server {
  const handshakeTimeout = parsing.headersTimeout
  const server = createTlsServer({ ...parsing, ...tls.context, handshakeTimeout }, handle)
  tls.onChange(context => server.setSecureContext(context))
  return server
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { deliveries, elsewhere, report, shedding, clock }: HttpServerOptions,
  { headersMax }: HttpLimits,
): unknown {
  const { httpVersion, rawHeaders } = request
  const headers = headersOf(rawHeaders)
  const head = {
    httpVersion,
    rawHeaders,
    hosts: valuesOf(headers, 'host'),
    transferEncodings: valuesOf(headers, 'transfer-encoding'),
  }
  if (!isAcceptable(head, headersMax)) {
    report.unreadable('malformed_request')
    return sendAndClose(request, response, problemAnswer('malformed_request'), clock)
  }
  const route = routeOf(request.method ?? '', request.url ?? '')
  switch (route.kind) {
    case 'delivery':
      if (!shedding.admits()) {
        report.unreadable('unavailable')
        return shedding.refuse(request, response, headers)
      }
      return deliveries.handle(request, response, headers, route.endpointId)
    case 'method_not_allowed':
      return deliveries.refuseMethod(request, response, headers, route.endpointId)
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
  const isGone =
    error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable || !isOpen(socket)
  const isPending = current !== undefined && !current.writableFinished
  // A request that has its answer while the rest of it never came gets no second one.
  const isAnswered = current !== undefined && current.writableFinished && !current.req.complete
  if (isGone || isAnswered) {
    socket.destroy()
    return
  }
  if (isPending && current.headersSent) {
    // It has its answer, which is on its way; what is broken is what came behind.
    current.shouldKeepAlive = false
    if (!current.writableEnded) current.end()
    socket.end(() => socket.destroy())
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

/** Where a TLS handshake failed there is nothing to answer in. */
function isOpen(socket: Duplex): boolean {
  return !(socket instanceof TLSSocket) || socket.getCipher()?.name !== undefined
}

/** CONNECT asks for a tunnel through us. */
function refuseTunnel(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  socket.end(rawAnswer(problemAnswer('method_not_allowed', { allow: 'POST' })))
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
