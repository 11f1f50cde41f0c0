// Free and taken TCP ports on the loopback address.

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

/** Ports nobody listens on, all different: they are held together and let go together. */
export async function freePorts(count: number): Promise<number[]> {
  const tries = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const servers = tries.filter(server => server !== null)
  const ports = servers.map(server => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map(close))
  if (ports.length < count || ports.includes(0)) throw new Error('no free port')
  return ports
}
