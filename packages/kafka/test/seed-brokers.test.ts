import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SeedBrokers } from '../src/seed-brokers.ts'
import type { SeedPool } from '../src/seed-brokers.ts'

const clock = { sleep: () => Promise.resolve() }
const failure = (name: string, retriable: boolean): Error =>
  Object.assign(new Error(name), { name, retriable })

/** A pool over the list; `states` says what a connection to each broker comes to. */
function poolOf(
  list: readonly string[],
  states: Readonly<Record<string, Error | null>>,
): SeedPool & { tried: string[] } {
  let index = 0
  const tried: string[] = []
  const pool: SeedPool & { tried: string[] } = {
    tried,
    versions: null,
    hasConnectedBrokers: () => pool.versions !== null,
    createSeedBroker: () => {
      const address = list[index++ % list.length] ?? ''
      const [host = '', port] = address.split(':')
      pool.seedBroker = {
        versions: `versions of ${address}`,
        connectionPool: { host, port: Number(port) },
        connect: () => {
          tried.push(address)
          const state = states[address] ?? null
          return state === null ? Promise.resolve() : Promise.reject(state)
        },
      }
      return Promise.resolve()
    },
  }
  return pool
}

const list = ['a:1', 'b:2', 'c:3']

for (const name of [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
]) {
  test(`after ${name} the next broker of the list is tried`, async () => {
    const pool = poolOf(list, { 'a:1': failure(name, true), 'b:2': failure(name, true) })
    await new SeedBrokers(clock).connect(pool)
    assert.deepEqual(pool.tried, list)
    assert.equal(pool.versions, 'versions of c:3')
  })
}

test('the broker that answered last is the first of the next client', async () => {
  const seeds = new SeedBrokers(clock)
  assert.deepEqual(seeds.inOrder(list), list)
  await seeds.connect(poolOf(list, { 'a:1': failure('KafkaJSConnectionClosedError', true) }))
  assert.deepEqual(seeds.inOrder(list), ['b:2', 'a:1', 'c:3'])
})

test('with no broker at all it gives up after two rounds, and at once where trying is pointless', async () => {
  const gone = failure('KafkaJSConnectionClosedError', true)
  const all = poolOf(list, { 'a:1': gone, 'b:2': gone, 'c:3': gone })
  await assert.rejects(new SeedBrokers(clock).connect(all), gone)
  assert.deepEqual(all.tried, [...list, ...list])
  const refused = failure('KafkaJSSASLAuthenticationError', false)
  const secured = poolOf(list, { 'a:1': refused })
  await assert.rejects(new SeedBrokers(clock).connect(secured), refused)
  assert.deepEqual(secured.tried, ['a:1'])
})

test('connections asked for at the same time are one', async () => {
  const seeds = new SeedBrokers(clock)
  const pool = poolOf(list, {})
  await Promise.all([seeds.connect(pool), seeds.connect(pool)])
  await seeds.connect(pool)
  assert.deepEqual(pool.tried, ['a:1'])
})
