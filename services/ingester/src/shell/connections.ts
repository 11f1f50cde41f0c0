// Who holds a connection, and how many requests are under way on it. What is beyond the limits is closed
// before a byte of it is read; trusted proxies speak for many and are bound by the limit for all alone.

import type { ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Counter, Metrics } from '@fleet/telemetry'
import { addressGroup, plainAddress } from '../core/address.ts'
import type { Proxies } from '../core/address.ts'

export interface ConnectionLimits {
  readonly connectionsMax: number
  readonly addressConnectionsMax: number
  readonly connectionRequestsMax: number
  readonly pipelinedMax: number
}

interface Progress {
  /** The newest, which is the one whose request may still be arriving. */
  current: ServerResponse
  requests: number
  pending: number
  /** Of any of its responses; one for all, since making one for each is not free. */
  readonly onClose: () => void
}

function newProgress(current: ServerResponse): Progress {
  const progress: Progress = {
    current,
    requests: 0,
    pending: 0,
    onClose: () => {
      progress.pending -= 1
    },
  }
  return progress
}

/**
 * `too many`: it is answered so, and is the last. `after the last`: the answer before it closes the
 * connection, so nothing behind it may be acted on (RFC 9112, 9.6); it may be no request at all, but the
 * body of the one before as another program reads it.
 */
export type Beginning = 'allowed' | 'too many' | 'after the last'

export class Connections {
  readonly #limits: ConnectionLimits
  readonly #proxies: Proxies
  readonly #refused: Counter
  readonly #byAddress = new Map<string, number>()
  readonly #progress = new WeakMap<Duplex, Progress>()
  #open = 0

  constructor(limits: ConnectionLimits, proxies: Proxies, metrics: Metrics) {
    this.#limits = limits
    this.#proxies = proxies
    this.#refused = metrics.counter(
      'fleet_ingest_connections_refused_total',
      'Connections closed unread, by the limit they were beyond.',
    )
    for (const limit of ['all', 'address']) this.#refused.add(0, { limit })
    metrics.gauge('fleet_ingest_connections', 'Open connections.', () => [{ value: this.#open }])
  }

  watch(server: Server): void {
    server.maxConnections = this.#limits.connectionsMax
    server.on('drop', () => this.#refused.add(1, { limit: 'all' }))
    server.on('connection', socket => this.#opened(socket))
  }

  begin(socket: Duplex, response: ServerResponse): Beginning {
    const known = this.#progress.get(socket)
    if (known?.current.shouldKeepAlive === false) return 'after the last'
    const progress = known ?? newProgress(response)
    if (known === undefined) this.#progress.set(socket, progress)
    progress.current = response
    progress.requests += 1
    progress.pending += 1
    // A response is closed once.
    response.on('close', progress.onClose)
    const isAllowed = progress.pending <= this.#limits.pipelinedMax
    const isLast = progress.requests >= this.#limits.connectionRequestsMax
    if (!isAllowed || isLast) response.shouldKeepAlive = false
    return isAllowed ? 'allowed' : 'too many'
  }

  /** The response to the newest request of a connection. */
  currentOf(socket: Duplex): ServerResponse | undefined {
    return this.#progress.get(socket)?.current
  }

  #opened(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress)
    const group = addressGroup(address)
    const held = this.#byAddress.get(group) ?? 0
    if (held >= this.#limits.addressConnectionsMax && !this.#proxies.isTrusted(address)) {
      this.#refused.add(1, { limit: 'address' })
      // A reset, so that no flood leaves thousands of closed sockets waiting in the kernel.
      socket.resetAndDestroy()
      return
    }
    this.#open += 1
    this.#byAddress.set(group, held + 1)
    socket.once('close', () => {
      this.#open -= 1
      const left = (this.#byAddress.get(group) ?? 1) - 1
      if (left > 0) this.#byAddress.set(group, left)
      else this.#byAddress.delete(group)
    })
  }
}
