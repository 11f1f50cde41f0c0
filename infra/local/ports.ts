// Free and taken TCP ports on the loopback address.

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import type { Server } from 'node:net'

function listen(port: number): Promise<Server | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ host: '127.0.0.1', port }, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
  })
}

export async function portIsFree(port: number): Promise<boolean> {
  const server = await listen(port)
  if (server === null) return false
  await close(server)
  return true
}

/**
 * Below what Linux gives to outgoing connections (from 32768): a port in that range may be taken by one
 * while a server that was killed is started again on it.
 */
const firstPort = 20_000
const lastPort = 32_000
const triesMax = 200

/** Ports nobody listens on, all different: they are held together and let go together. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>()
  for (let tries = 0; held.size < count && tries < triesMax; tries++) {
    const port = randomInt(firstPort, lastPort)
    const server = held.has(port) ? null : await listen(port)
    if (server !== null) held.set(port, server)
  }
  await Promise.all([...held.values()].map(close))
  if (held.size < count) throw new Error('no free port')
  return [...held.keys()]
}
