import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, startOperationsServer } from '../src/index.ts'

async function serve(checks: () => Record<string, string>) {
  const metrics = createMetrics('test')
  metrics.counter('fleet_things_total', 'Things.').add(1)
  const server = await startOperationsServer({ host: '127.0.0.1', port: 0, metrics, checks })
  const get = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init)
  return { server, get }
}

test('/health, /ready and /metrics answer as every process does', async () => {
  let kafka = 'ok'
  const { server, get } = await serve(() => ({ kafka }))
  try {
    const health = await get('/health')
    assert.equal(health.status, 200)
    assert.deepEqual(await health.json(), { status: 'ok' })
    const ready = await get('/ready?verbose')
    assert.equal(ready.status, 200)
    assert.deepEqual(await ready.json(), { ready: true, checks: { kafka: 'ok' } })
    kafka = 'no broker answers'
    const notReady = await get('/ready')
    assert.equal(notReady.status, 503)
    assert.deepEqual(await notReady.json(), {
      ready: false,
      checks: { kafka: 'no broker answers' },
    })
    const metrics = await get('/metrics')
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(await metrics.text(), /^fleet_things_total 1$/m)
    assert.equal((await get('/other')).status, 404)
    assert.equal((await get('/health', { method: 'POST' })).status, 405)
  } finally {
    await server.close()
  }
})

test('a taken port is a fatal error that names it', async () => {
  const { server } = await serve(() => ({}))
  try {
    await assert.rejects(
      startOperationsServer({
        host: '127.0.0.1',
        port: server.port,
        metrics: createMetrics('test'),
        checks: () => ({}),
      }),
      { code: 'LISTEN_FAILED', message: new RegExp(`127\\.0\\.0\\.1:${server.port}`) },
    )
  } finally {
    await server.close()
  }
})
