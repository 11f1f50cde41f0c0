// Start and end of the HTTP server: limits on slow callers, and an end that lets requests finish.

import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { ServedCertificate } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'

/** A request has no body: whoever takes longer than this to send one is holding a connection. */
const requestTimeoutMs = 10_000
const connectionsMax = 1000

/** @param certificate null: plain HTTP. */
export function openServer(
  handle: RequestListener,
  certificate: Pick<ServedCertificate, 'context' | 'onChange'> | null,
): Server {
  if (certificate === null) return createServer(handle)
  const server = createTlsServer(
    { ...certificate.context, handshakeTimeout: requestTimeoutMs },
    handle,
  )
  certificate.onChange(context => server.setSecureContext(context))
  return server
}

export function listen(server: Server, host: string, port: number): Promise<void> {
  server.requestTimeout = requestTimeoutMs
  server.headersTimeout = requestTimeoutMs
  server.maxConnections = connectionsMax
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const message = `can not listen on ${host}:${port} (${messageOf(error)}); is the port taken?`
      reject(new FleetError('LISTEN_FAILED', 'fatal', message, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

/** Stops accepting; resolves when the requests under way are answered. */
export function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
