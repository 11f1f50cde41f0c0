import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { ControlPlane, MasterKeys } from '@fleet/control'
import type { Command, Precondition } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { followEndpoints } from '../../src/shell/follow-endpoints.ts'

const root = { id: 'root', tenant_id: null, scopes: ['admin'] } as const
const fresh: Precondition = { ifMatch: null, ifNoneMatch: true }

test('all endpoints are known when it resolves, and a change within two seconds', async () => {
  const names = [topics.control.name, topics.controlAudit.name, topics.controlUses.name]
  const broker = createMemoryBroker({ topics: names, partitions: 1 })
  const plane = new ControlPlane({
    broker,
    environment: 'test',
    mode: 'development',
    rotateDays: 90,
    masterKeys: () => MasterKeys.parse(`m1:${Buffer.alloc(32, 1).toString('base64')}`),
    clock: systemClock,
    ids: systemIds,
    logger: silentLogger,
  })
  const endpoint = (id: string): Command => ({
    kind: 'put-endpoint',
    id,
    tenantId: 'demo',
    definition: {
      source: 's',
      adapter: 'generic',
      signature: { header: 'x' },
      paths: { event_id: '$.no' },
    },
  })
  await plane.change({ kind: 'put-tenant', id: 'demo', name: 'Demo' }, fresh, root)
  await plane.change(endpoint('first'), fresh, root)
  const closers: (() => Promise<void> | void)[] = []
  const scope = {
    onClose: (_name: string, close: () => Promise<void> | void) => void closers.push(close),
    stopping: new AbortController().signal,
  }
  const settings = platformSettings({})
  const options = { settings, logger: silentLogger, clock: systemClock, scope, broker }
  const endpoints = await followEndpoints(options)
  assert.equal(endpoints().get('first')?.paths.eventId, '$.no')
  await plane.change(endpoint('second'), fresh, root)
  const startedMs = systemClock.elapsedMs()
  while (!endpoints().has('second')) {
    assert.ok(systemClock.elapsedMs() - startedMs < 2000)
    await systemClock.sleep(5)
  }
  for (const close of closers) await close()
  await plane.close()
})
