import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { ControlPlane, MasterKeys } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { endpointsInForce } from '../src/endpoints-in-force.ts'

const root = { id: 'root', tenant_id: null, scopes: ['admin'] } as const
const fresh = { ifMatch: null, ifNoneMatch: true } as const
const context = { clock: systemClock, stopping: new AbortController().signal }

test('with the control plane its endpoints are mapped with, without it those of the file', async () => {
  const broker = createMemoryBroker({
    topics: [topics.control.name, topics.controlAudit.name, topics.controlUses.name],
    partitions: 1,
  })
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
  const paths = { event_id: '$.no' }
  const definition = { source: 's', adapter: 'generic', signature: { header: 'x' }, paths }
  await plane.change({ kind: 'put-tenant', id: 'demo', name: 'Demo' }, fresh, root)
  const added = { kind: 'put-endpoint', id: 'added', tenantId: 'demo', definition } as const
  await plane.change(added, fresh, root)
  await plane.close()

  const settings = platformSettings({})
  const on = await endpointsInForce(context, { ...settings, controlPlane: 'on' }, broker)
  assert.equal(on.get('added')?.paths.eventId, '$.no')
  assert.equal(on.has('levy-demo'), false)
  const off = await endpointsInForce(context, settings, broker)
  assert.equal(off.has('levy-demo'), true)
})
