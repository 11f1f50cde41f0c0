// Reading resources where a key is required: without a control plane, and before it has been read.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { ControlPlane, MasterKeys } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Broker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { createApi } from '../../src/shell/http-app.ts'
import { masterKey } from './admin/admin-harness.ts'

const resource = '/v1/resources/reservation/R1?tenant=demo'

async function open(t: TestContext, plane: ControlPlane | null) {
  const app = createApi({
    store: { read: () => Promise.resolve(null), check: () => 'ok' },
    metrics: createMetrics('api'),
    logger: silentLogger,
    clock: systemClock,
    plane,
    isKeyRequired: true,
    failedLoginsPerMinute: 3,
    trustedProxies: [],
  })
  const server = createServer(app)
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await plane?.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return (path: string, key: string | null) =>
    fetch(base + path, key === null ? {} : { headers: { authorization: `Bearer ${key}` } })
}

test('without a control plane there are no keys, and nothing is read', async t => {
  const ask = await open(t, null)
  for (const key of [null, 'flk_any']) {
    const answer = await ask(resource, key)
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    assert.equal(((await answer.json()) as { code: string }).code, 'unauthorized')
  }
  assert.equal((await ask('/health', null)).status, 200)
})

function planeOn(broker: Broker): ControlPlane {
  return new ControlPlane({
    broker,
    environment: 'test',
    mode: 'production',
    rotateDays: 90,
    masterKeys: () => MasterKeys.parse(masterKey('m1', 1)),
    clock: systemClock,
    ids: systemIds,
    logger: silentLogger,
  })
}

test('before the keys have been read a right one is 503, and no failed login', async t => {
  const broker = createMemoryBroker({
    topics: [topics.control.name, topics.controlAudit.name, topics.controlUses.name],
    partitions: 2,
  })
  const first = planeOn(broker)
  const root = await first.bootstrap('first')
  await first.close()
  let letIn = (): void => {}
  const opened = new Promise<void>(resolve => {
    letIn = resolve
  })
  const late: Broker = {
    openAdmin: () => broker.openAdmin(),
    openAppender: () => broker.openAppender(),
    openWriter: options => broker.openWriter(options),
    joinGroup: options => broker.joinGroup(options),
    openReader: async () => {
      await opened
      return broker.openReader()
    },
  }
  const plane = planeOn(late)
  const ask = await open(t, plane)
  for (let asked = 0; asked < 5; asked++) {
    const answer = await ask(resource, root)
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
  }
  letIn()
  while (plane.readiness !== 'ok') await systemClock.sleep(5)
  assert.equal((await ask(resource, root)).status, 404)
  assert.equal((await ask('/v1/admin/tenants', root)).status, 200)
})
