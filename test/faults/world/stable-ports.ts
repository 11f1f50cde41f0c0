// Ports for servers that are killed and started again. Those the system gives out by itself could be some
// connection's own end by then, and the server would not come back.

import { randomInt } from 'node:crypto'

import { portIsFree } from '../../../infra/local/index.ts'

/** Below the range from which Linux takes the near ends of connections (32768 and up). */
const lowest = 12_000
const beyond = 32_000

export async function stablePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(lowest, beyond)
    if (!ports.has(port) && (await portIsFree(port))) ports.add(port)
  }
  return [...ports]
}
