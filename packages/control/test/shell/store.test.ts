import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Broker, MemoryBroker } from '@fleet/kafka'
import { FleetError, systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { followControl } from '../../src/shell/control-follower.ts'
import { readAudit } from '../../src/shell/read-audit.ts'
import { follow, openWriter, run, storeSuite, tenant, until } from '../store-suite.ts'
import type { StoreUnderTest } from '../store-suite.ts'

const names = [topics.control.name, topics.controlAudit.name, topics.controlUses.name]
const memory = (): MemoryBroker => createMemoryBroker({ topics: names, partitions: 3 })

storeSuite((): Promise<StoreUnderTest> =>
  Promise.resolve({ broker: memory(), environment: 'test' }),
)

test('while Kafka is away a follower keeps the last good state, and catches up afterwards', async () => {
  const broker = memory()
  let isAway = false
  const away = new FleetError('KAFKA_UNREACHABLE', 'transient', 'away')
  const flaky: Pick<Broker, 'openReader' | 'openAdmin'> = {
    openAdmin: () => (isAway ? Promise.reject(away) : broker.openAdmin()),
    openReader: async () => {
      const reader = await broker.openReader()
      return {
        ...reader,
        open: positions => {
          const stream = reader.open(positions)
          return {
            take: (max, waitMs) =>
              isAway ? Promise.reject(away) : stream.take(max, Math.min(waitMs, 20)),
            ahead: () => stream.ahead(),
            wake: () => stream.wake(),
            lag: () => stream.lag(),
            close: () => stream.close(),
          }
        },
      }
    },
  }
  const writer = openWriter({ broker, environment: 'test' })
  await run(writer, tenant('a'))
  const follower = followControl({ broker: flaky, clock: systemClock, logger: silentLogger })
  await until(() => follower.readiness === 'ok')
  isAway = true
  await until(() => follower.problem !== null)
  await run(writer, tenant('b'))
  assert.equal(follower.readiness, 'ok')
  assert.deepEqual([...follower.state.tenants.keys()], ['a'])
  isAway = false
  await until(() => follower.state.tenants.has('b'))
  assert.equal(follower.problem, null)
  await follower.close()
  await writer.close()
})

test('a change whose commit got lost is made once, or said to be unknown', async () => {
  for (let lost = 1; lost <= 3; lost++) {
    const broker = memory()
    let commits = 0
    const lossy: Broker = {
      openAdmin: () => broker.openAdmin(),
      openReader: () => broker.openReader(),
      joinGroup: options => broker.joinGroup(options),
      openAppender: () => broker.openAppender(),
      openWriter: async options => {
        const writer = await broker.openWriter(options)
        return {
          commit: async records => {
            const committed = await writer.commit(records)
            // The answer to a commit that happened never arrives.
            if (++commits === lost) throw new FleetError('TRANSACTION_LOST', 'transient', 'lost')
            return committed
          },
          close: () => writer.close(),
        }
      },
    }
    const writer = openWriter({ broker: lossy, environment: 'test' })
    const decision = await run(writer, tenant('a'))
    assert.ok(decision.ok)
    assert.equal(writer.state.revision, 1)
    const query = { limit: 10, before: null, isShown: () => true }
    const audit = await readAudit(broker, systemClock, query)
    assert.equal(audit.entries.length, 1, `commit ${lost} lost`)
    await writer.close()
  }
})

test('a follower of an empty topic is ready, one of a missing topic says what to do', async () => {
  const follower = follow({ broker: memory() })
  await until(() => follower.readiness === 'ok')
  await follower.close()
  const missing = follow({ broker: createMemoryBroker() })
  await until(() => missing.problem !== null)
  assert.match(missing.problem ?? '', /fleet topics apply/)
  assert.notEqual(missing.readiness, 'ok')
  await missing.close()
})

test('audit is read page by page, newest first, and only what the caller may see', async () => {
  const broker = memory()
  const writer = openWriter({ broker, environment: 'test' })
  for (let number = 0; number < 7; number++) await run(writer, tenant(`t${number}`))
  const seenIds: string[] = []
  let before: number | null = null
  do {
    const page = await readAudit(broker, systemClock, { limit: 3, before, isShown: () => true })
    seenIds.push(...page.entries.map(({ id }) => id))
    before = page.before
  } while (before !== null)
  assert.deepEqual(seenIds, ['t6', 't5', 't4', 't3', 't2', 't1', 't0'])
  const isShown = ({ id }: { id: string }): boolean => id === 't2'
  const own = await readAudit(broker, systemClock, { limit: 3, before: null, isShown })
  assert.deepEqual(
    own.entries.map(({ id }) => id),
    ['t2'],
  )
  await writer.close()
})

test('a lost answer, and a fence that fails after it, still end in one change and its own answer', async () => {
  const broker = memory()
  let [commits, opened] = [0, 0]
  const lossy: Broker = {
    openAdmin: () => broker.openAdmin(),
    openReader: () => broker.openReader(),
    joinGroup: options => broker.joinGroup(options),
    openAppender: () => broker.openAppender(),
    openWriter: async options => {
      const lost = new FleetError('TRANSACTION_LOST', 'transient', 'lost')
      if (++opened === 2) throw lost
      const writer = await broker.openWriter(options)
      return {
        commit: async records => {
          const committed = await writer.commit(records)
          if (++commits === 2) throw lost
          return committed
        },
        close: () => writer.close(),
      }
    },
  }
  const writer = openWriter({ broker: lossy, environment: 'test' })
  assert.ok((await run(writer, tenant('a'))).ok)
  assert.equal(writer.state.revision, 1)
  await writer.close()
})

test('a change too large for one transaction is said so and writes nothing', async () => {
  const writer = openWriter({ broker: memory(), environment: 'test' })
  const entry = (id: number) => ({
    id: `e${id}`,
    tenant_id: 't',
    source: 's'.repeat(100),
    adapter: 'ump',
    secrets: Array.from({ length: 16 }, (_, secret) => ({ id: `k${secret}`, ref: 'file:x' })),
  })
  const file = { version: 1, endpoints: Array.from({ length: 900 }, (_, id) => entry(id)) }
  const imported = run(writer, { kind: 'import-endpoints', file })
  await assert.rejects(imported, { code: 'CONTROL_CHANGE_TOO_LARGE' })
  assert.equal(writer.state.revision, 0)
  assert.ok((await run(writer, tenant('a'))).ok)
  await writer.close()
})
