// Which loops run when: a rebalance may come while another, or a stop, is under way.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createMemoryBroker } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'

import type { PartitionHandler } from '../src/partition-handler.ts'
import { PartitionSet } from '../src/partition-set.ts'

/** A set of one handler that restores until told; counts how many restore at a time. */
async function slowSet() {
  const reader = await createMemoryBroker({ topics: [] }).openReader()
  const restored: (() => void)[] = []
  const seen = { now: 0, most: 0, restores: 0 }
  const make = (partition: number): PartitionHandler => ({
    partition,
    stream: null,
    takeMax: 1,
    acquire: async () => {
      seen.restores++
      seen.most = Math.max(seen.most, ++seen.now)
      await new Promise<void>(resolve => restored.push(resolve))
      seen.now--
      return []
    },
    onTime: () => Promise.resolve(1000),
    process: () => Promise.resolve(),
    close: () => Promise.resolve(),
  })
  const random = { next: () => 0 }
  const set = new PartitionSet(make, { reader, clock: systemClock, random, logger: silentLogger })
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  return { set, restored, seen, settle }
}

test('whoever pauses while another waits for the work to end waits as long', async () => {
  const { set, restored, settle } = await slowSet()
  set.assign([0])
  await settle()
  const over: string[] = []
  void set.pause().then(() => over.push('stop'))
  void set.pause().then(() => over.push('rebalance'))
  await settle()
  assert.deepEqual(over, [])
  restored[0]?.()
  await settle()
  assert.deepEqual(over, ['stop', 'rebalance'])
})

test('a handler has one loop at a time, also when its partition is assigned before the last ended', async () => {
  const { set, restored, seen, settle } = await slowSet()
  set.assign([0])
  await settle()
  set.assign([0])
  await settle()
  assert.equal(seen.restores, 1)
  restored[0]?.()
  await settle()
  assert.deepEqual(seen, { now: 1, most: 1, restores: 2 })
  restored[1]?.()
  await set.close()
})
