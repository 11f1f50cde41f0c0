// What the store promises, on whatever broker: the in-memory one and the real one run the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@fleet/contracts'
import type { Broker } from '@fleet/kafka'
import { systemClock, systemIds, systemRandom } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'

import type { Command, Decision, Precondition } from '../src/core/commands.ts'
import { decide } from '../src/core/decide.ts'
import { followControl } from '../src/shell/control-follower.ts'
import type { ControlFollower } from '../src/shell/control-follower.ts'
import { ControlWriter } from '../src/shell/control-writer.ts'
import { makeApiKey } from '../src/shell/key-crypto.ts'
import { MasterKeys } from '../src/shell/master-keys.ts'
import { readAudit } from '../src/shell/read-audit.ts'
import { createSealer } from '../src/shell/sealer.ts'
import { fresh, levy, masterKeyText, nowMs, platformAdmin, seen } from './control-builder.ts'

const sealer = createSealer(MasterKeys.parse(masterKeyText))

/** What a store needs: a broker with the two topics, and a name no other run has. */
export interface StoreUnderTest {
  readonly broker: Broker
  readonly environment: string
}

export function openWriter({ broker, environment }: StoreUnderTest): ControlWriter {
  return new ControlWriter({
    broker,
    environment,
    ids: systemIds,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  })
}

export function run(
  writer: ControlWriter,
  command: Command,
  precondition: Precondition = fresh,
): Promise<Decision> {
  return writer.change(state =>
    decide(state, command, {
      nowMs,
      actor: platformAdmin,
      precondition,
      mode: 'development',
      rotateDays: 90,
      sealer,
      makeApiKey,
    }),
  )
}

export function follow({ broker }: Pick<StoreUnderTest, 'broker'>): ControlFollower {
  return followControl({ broker, clock: systemClock, logger: silentLogger })
}

export async function until(condition: () => boolean, waitMsMax = 5000): Promise<number> {
  const startedMs = systemClock.elapsedMs()
  while (!condition()) {
    assert.ok(systemClock.elapsedMs() - startedMs < waitMsMax, 'it did not come about in time')
    await systemClock.sleep(10)
  }
  return systemClock.elapsedMs() - startedMs
}

export const tenant = (id: string): Command => ({ kind: 'put-tenant', id, name: id })

export function storeSuite(open: () => Promise<StoreUnderTest>): void {
  test('what a writer committed is there for the next one and for every follower', async () => {
    const store = await open()
    const first = openWriter(store)
    assert.ok((await run(first, tenant('demo'))).ok)
    const put = { kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition: levy } as const
    assert.ok((await run(first, put)).ok)
    await first.close()
    const second = openWriter(store)
    const stale = await run(second, put)
    assert.equal(stale.ok ? '' : stale.refusal.code, 'precondition_failed')
    const follower = follow(store)
    await until(() => follower.readiness === 'ok')
    assert.deepEqual(follower.state.endpoints, second.state.endpoints)
    const audit = await readAudit(store.broker, systemClock, {
      limit: 10,
      before: null,
      isShown: () => true,
    })
    assert.deepEqual(
      audit.entries.map(({ action }) => action),
      ['endpoint.created', 'tenant.created'],
    )
    await follower.close()
    await second.close()
  })

  test('a change is with a follower within two seconds', async () => {
    const store = await open()
    const writer = openWriter(store)
    await run(writer, tenant('before'))
    const follower = follow(store)
    await until(() => follower.state.tenants.has('before'))
    await run(writer, tenant('after'))
    assert.ok((await until(() => follower.state.tenants.has('after'))) < 2000)
    await follower.close()
    await writer.close()
  })

  test('a second writer fences the first, which reads again before it decides', async () => {
    const store = await open()
    const [left, right] = [openWriter(store), openWriter(store)]
    assert.ok((await run(left, tenant('a'))).ok)
    assert.ok((await run(right, tenant('b'))).ok)
    // Left still remembers a state without b; deciding on that would make b twice.
    const again = await run(left, tenant('b'))
    assert.equal(again.ok ? '' : again.refusal.code, 'precondition_failed')
    assert.ok((await run(left, tenant('c'))).ok)
    assert.ok((await run(right, tenant('d'))).ok)
    const follower = follow(store)
    await until(() => follower.readiness === 'ok' && follower.state.tenants.size === 4)
    assert.equal(follower.state.revision, 4)
    await follower.close()
    await left.close()
    await right.close()
  })

  test('writers that quarrel lose no change and make none twice', async () => {
    const store = await open()
    const writers = [openWriter(store), openWriter(store)]
    const made: string[] = []
    for (let round = 0; round < 6; round++) {
      const ids = [`t${round}-0`, `t${round}-1`]
      const results = await Promise.allSettled(
        writers.map((writer, index) => run(writer, tenant(ids[index] ?? ''))),
      )
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled' && result.value.ok) made.push(ids[index] ?? '')
      }
    }
    const follower = follow(store)
    await until(() => follower.readiness === 'ok')
    await until(() => made.every(id => follower.state.tenants.has(id)))
    const revisions = [...follower.state.tenants.values()].map(({ revision }) => revision)
    assert.equal(new Set(revisions).size, revisions.length)
    await follower.close()
    for (const writer of writers) await writer.close()
  })

  test('a refusal writes nothing', async () => {
    const store = await open()
    const writer = openWriter(store)
    await run(writer, tenant('a'))
    const [before] = await offsets(store.broker)
    await run(writer, tenant('a'))
    await run(writer, { kind: 'delete-tenant', id: 'a' }, seen(99))
    assert.deepEqual(await offsets(store.broker), [before])
    await writer.close()
  })
}

async function offsets(broker: Broker): Promise<number[]> {
  const admin = await broker.openAdmin()
  const all = await admin.offsets(topics.control.name)
  await admin.close()
  return all.filter(({ partition }) => partition === 0).map(({ lastStable }) => lastStable)
}
