// Limits that several ingesters count together in a real Redis, and what happens when it goes and comes.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { systemClock, systemIds } from '@fleet/runtime'
import { createLogger, createMetrics, silentLogger } from '@fleet/telemetry'
import type { Logger } from '@fleet/telemetry'
import { SharedLimits } from '../../src/shell/shared-limits.ts'
import { closeEdges, eventually, levy, levyBody, openEdge, postLevy } from '../edge-harness.ts'
import { tcpGate } from './fixtures/tcp-gate.ts'

const { redisUrl } = platformSettings()
const closers: (() => void | Promise<void>)[] = []
after(async () => {
  await closeEdges()
  for (const close of closers) await close()
})

function ingester(url = redisUrl, logger: Logger = silentLogger) {
  const metrics = createMetrics('test')
  const common = { environment: 'test', clock: systemClock, logger, metrics }
  const limits = new SharedLimits({ redisUrl: url, ...common })
  closers.push(() => limits.close())
  const alone = async (): Promise<number> =>
    Number(/^fleet_ingest_limits_alone_total (\d+)$/m.exec(await metrics.text())?.[1])
  const take = (key: string, perSecond: number) =>
    limits.take({ limit: 'address', key, perSecond, nowMs: systemClock.elapsedMs() })
  return { take, alone, limits }
}

/** Ready when a decision was not made alone. */
async function connected(one: ReturnType<typeof ingester>): Promise<void> {
  await eventually(async () => {
    const before = await one.alone()
    await one.take(systemIds.uuid(), 1)
    return (await one.alone()) === before
  })
}

test('two ingesters share one bucket: twice the rate at once, then the rate', async () => {
  const [a, b] = [ingester(), ingester()]
  await connected(a)
  await connected(b)
  const key = systemIds.uuid()
  const startedMs = systemClock.elapsedMs()
  const taken = await Promise.all(
    Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b).take(key, 10)),
  )
  const allowed = taken.filter(each => each.allowed).length
  const gained = ((systemClock.elapsedMs() - startedMs) / 1000) * 10
  assert.ok(allowed >= 20 && allowed <= 20 + gained + 1, `${allowed} were allowed`)
  const refused = taken.find(each => !each.allowed)
  assert.deepEqual(refused, { allowed: false, retryAfterSeconds: 1 })
  await eventually(async () => (await b.take(key, 10)).allowed)
  assert.equal((await a.take(systemIds.uuid(), 10)).allowed, true, 'another key has its own bucket')
})

test('a slow rate says how long to wait', async () => {
  const one = ingester()
  await connected(one)
  const key = systemIds.uuid()
  assert.equal((await one.take(key, 0.1)).allowed, true)
  assert.deepEqual(await one.take(key, 0.1), { allowed: false, retryAfterSeconds: 10 })
})

for (const state of ['shut', 'silent'] as const) {
  test(`Redis is ${state}: it counts alone, says so once, and comes back by itself`, async () => {
    const lines: string[] = []
    const destination = { write: (line: string): unknown => lines.push(line) }
    const logger = createLogger('test', { level: 'info', destination })
    const { hostname, port } = new URL(redisUrl)
    const gate = await tcpGate(hostname, Number(port))
    closers.push(() => gate.close())
    const one = ingester(`redis://127.0.0.1:${gate.port}/0`, logger)
    await connected(one)
    // The first decisions may come before the connection.
    const before = lines.length
    gate.set(state)
    const key = systemIds.uuid()
    const startedMs = systemClock.elapsedMs()
    const taken: boolean[] = []
    for (let i = 0; i < 40; i++) taken.push((await one.take(key, 10)).allowed)
    const elapsedMs = systemClock.elapsedMs() - startedMs
    assert.ok(elapsedMs < 2500, `${elapsedMs} ms`)
    assert.ok(taken.includes(true) && taken.includes(false), 'the limit still holds')
    gate.set('shut')
    gate.set('open')
    await connected(one)
    const told = lines.slice(before).map(line => /limits\.\w+/.exec(line)?.[0])
    assert.deepEqual(told.filter(Boolean), ['limits.redis_away', 'limits.redis_back'])
  })
}

test('an edge with shared limits refuses in the order of the contract', async () => {
  const id = systemIds.uuid()
  const limited = { ...levy, id: 'levy', limits: { per_second: 2 }, tenant_id: id }
  const env = { FLEET_INGEST_LIMITS_REDIS_URL: redisUrl, FLEET_INGEST_ADDRESS_PER_SECOND: '1000' }
  const edge = await openEdge({ endpoints: [limited], env })
  const forged = { 'x-levy-signature': `sha256=${'0'.repeat(64)}` }
  for (let i = 0; i < 10; i++) {
    assert.equal((await postLevy(edge, levyBody(`f-${i}`), forged)).status, 401)
  }
  const statuses: number[] = []
  for (let i = 0; i < 10; i++) statuses.push((await postLevy(edge, levyBody(`s-${i}`))).status)
  assert.ok(statuses.includes(200) && statuses.includes(429), statuses.join(' '))
  assert.equal((await postLevy(edge, levyBody('x'), forged)).status, 401)
})
