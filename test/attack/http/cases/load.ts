// Too many connections, too many requests, and a log that is away. Each comes from an address of its own,
// so that none uses up another's limits.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expectStored, freshBody, request } from '../attack.ts'
import type { Attack } from '../attack.ts'
import { dial, exchange } from '../exchange.ts'
import type { Target } from '../target-process.ts'
import { limits } from '../target-settings.ts'

/** Connections that stay until `end`; those the edge closes are counted. */
async function hold(target: Target, count: number, from: string, bytes = '') {
  const sockets: Socket[] = []
  let refused = 0
  const open = async (): Promise<void> => {
    const socket = await dial(target.port, from).catch(() => null)
    if (socket === null) refused += 1
    else {
      socket.on('error', () => {})
      if (bytes !== '') socket.write(bytes)
      sockets.push(socket)
    }
  }
  // At once: those that say nothing are cut soon.
  await Promise.all(Array.from({ length: count }, open))
  // A connection is accepted by the kernel first, and closed by the edge a moment later.
  const gone = sockets.map(socket => new Promise<void>(done => socket.once('close', () => done())))
  for (const socket of sockets) socket.resume()
  await Promise.race([Promise.all(gone), pause(120)])
  refused += sockets.filter(({ destroyed }) => destroyed).length
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return { refused, end }
}

async function settles(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await condition()) return
    await pause(30)
  }
  assert.fail(what)
}

const isServed = async (target: Target, from: string): Promise<boolean> => {
  const { statuses } = await exchange(target, request(), { answers: 1, from }).catch(() => ({
    statuses: [0],
  }))
  return statuses[0] === 200
}

const floods: Attack[] = [
  {
    row: 'transport-flood',
    name: 'connections of one address beyond its limit are closed, others are served',
    run: async target => {
      const flood = await hold(target, limits.addressConnections + 15, '127.0.0.31')
      assert.equal(flood.refused, 15)
      assert.ok(await isServed(target, '127.0.0.32'))
      flood.end()
      await settles('served again', () => isServed(target, '127.0.0.31'))
      const series = 'fleet_ingest_connections_refused_total{limit="address"}'
      assert.ok((await target.metric(series)) >= 15)
    },
  },
  {
    row: 'transport-flood',
    name: 'connections beyond the limit of all are closed, and all is well afterwards',
    run: async target => {
      const addresses = ['127.0.0.33', '127.0.0.34', '127.0.0.35']
      const held = await Promise.all(addresses.map(from => hold(target, 50, from)))
      const refused = held.reduce((sum, flood) => sum + flood.refused, 0)
      assert.equal(refused, 150 - limits.connections)
      for (const { end } of held) end()
      await settles('served again', () => isServed(target, '127.0.0.35'))
    },
  },
  {
    row: 'transport-flood',
    name: 'a flood of half headers is cut after the time for headers',
    run: async target => {
      const head = `POST /v1/hooks/levy HTTP/1.1\r\nHost: edge\r\nX-A: ${'x'.repeat(15_000)}`
      const flood = await hold(target, 50, '127.0.0.36', head)
      assert.ok(await isServed(target, '127.0.0.37'))
      await settles('all cut', async () => (await target.metric('fleet_ingest_connections')) <= 2)
      flood.end()
    },
  },
  {
    row: 'transport-flood',
    name: 'connections that come and go by the hundred leave nothing behind',
    run: async target => {
      for (let i = 0; i < 300; i++) {
        const socket = await dial(target.port, '127.0.0.38').catch(() => null)
        socket?.on('error', () => {})
        if (i % 3 === 0) socket?.resetAndDestroy()
        else socket?.destroy()
      }
      await settles('gone', async () => (await target.metric('fleet_ingest_connections')) <= 2)
    },
  },
]

const inOrder: Attack[] = [
  {
    row: 'limits-in-order',
    name: 'beyond the limit of an address: 429 before any signature is looked at',
    run: async target => {
      const from = '127.0.0.41'
      const statuses: number[] = []
      for (let round = 0; round < 200 && !statuses.includes(429); round++) {
        const batch = Array.from({ length: limits.pipelined }, () => request({ headers: {} }))
        const ended = await exchange(target, Buffer.concat(batch), { answers: batch.length, from })
        statuses.push(...ended.statuses)
      }
      assert.ok(statuses.includes(429))
      assert.deepEqual(new Set(statuses), new Set([401, 429]))
      assert.ok(await isServed(target, '127.0.0.42'), 'another address is served')
    },
  },
  {
    row: 'limits-in-order',
    name: 'forged deliveries do not use up the limit of an endpoint; signed ones do',
    run: async target => {
      const path = '/v1/hooks/limited'
      const ask = async (headers?: Record<string, string>): Promise<number | undefined> => {
        const parts = headers === undefined ? { path } : { path, headers }
        return (await exchange(target, request(parts), { answers: 1 })).statuses[0]
      }
      for (let i = 0; i < 20; i++) assert.equal(await ask({}), 401)
      const signed = await Promise.all(Array.from({ length: 12 }, () => ask()))
      assert.deepEqual(new Set(signed), new Set([200, 429]))
      assert.equal(await ask({}), 401, 'the signature is looked at before the limit')
    },
  },
]

const deliver = (target: Target, body = freshBody()) =>
  exchange(target, request({ body }), { answers: 1 })

const away: Attack[] = [
  {
    row: 'kafka-away',
    name: 'the log does not answer: 503 by the deadline, never 200',
    run: async target => {
      await target.append('hang')
      const ended = await deliver(target)
      await target.append('acknowledge')
      assert.deepEqual(ended.statuses, [503])
      assert.ok(ended.elapsedMs < limits.deadlineMs + 1000)
      await settles('back', () => isServed(target, '127.0.0.51'))
    },
  },
  {
    row: 'kafka-away',
    name: 'the leader is not known: 503, then at once without asking, one probe a second, and back',
    run: async target => {
      await target.append('refuse')
      for (let i = 0; i < 5; i++) assert.deepEqual((await deliver(target)).statuses, [503])
      await settles('open', async () => (await target.metric('fleet_ingest_breaker_open')) === 1)
      const before = await target.appends()
      const started = performance.now()
      for (let i = 0; i < 40; i++) assert.deepEqual((await deliver(target)).statuses, [503])
      const probesMax = Math.floor((performance.now() - started) / 1000) + 1
      assert.ok((await target.appends()) - before <= probesMax, 'more than one probe a second')
      await target.append('acknowledge')
      const body = freshBody()
      await settles('back', async () => (await deliver(target, body)).statuses[0] === 200)
      assert.equal(await target.metric('fleet_ingest_breaker_open'), 0)
      await expectStored(target, body, 1)
    },
  },
]

export const loadAttacks: readonly Attack[] = [...floods, ...inOrder, ...away]
