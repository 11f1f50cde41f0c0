// Conformance: a member that keeps a partition over a rebalance has to fence it again.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import type { Broker, Membership, TransactionalWriter } from '../src/index.ts'
import {
  deadlineMs,
  isLost,
  partitions,
  record,
  valuesSeen,
  withTopic,
} from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'

/** A member that opens a writer for each partition it is given, as the stage loop does. */
class Member {
  readonly #broker: Broker
  readonly #topic: string
  /** Of each generation that gave us something, by partition. */
  readonly generations: Map<number, Promise<TransactionalWriter>>[] = []
  owned: readonly number[] = []
  revocations = 0

  constructor(broker: Broker, topic: string) {
    this.#broker = broker
    this.#topic = topic
  }

  join(groupId: string): Promise<Membership> {
    return this.#broker.joinGroup({
      groupId,
      topics: [this.#topic],
      sessionTimeoutMs: 6000,
      onRevoked: () => {
        this.revocations++
        this.owned = []
        return Promise.resolve()
      },
      onAssigned: owned => {
        this.owned = owned
        const open = (partition: number): Promise<TransactionalWriter> =>
          this.#broker.openWriter({ transactionalId: `${this.#topic}.${partition}` })
        this.generations.push(new Map(owned.map(partition => [partition, open(partition)])))
      },
    })
  }

  writer(generation: number, partition: number): Promise<TransactionalWriter> {
    return (
      this.generations.at(generation)?.get(partition) ?? assert.fail(`${partition} is not owned`)
    )
  }

  async close(): Promise<void> {
    for (const writers of this.generations) {
      for (const writer of writers.values()) await (await writer).close()
    }
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) assert.fail(`not in time: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

export function groupCases(name: string, open: () => Promise<Harness>): void {
  test(`${name}: a partition kept or regained over a rebalance is fenced again`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'kept')
    const groupId = `g.${randomUUID()}`
    const [first, second] = [new Member(broker, topic), new Member(broker, topic)]
    const firstMembership = await first.join(groupId)
    await until(() => first.owned.length === partitions, 'the first member owns everything')
    const secondMembership = await second.join(groupId)
    await until(
      () => first.owned.length + second.owned.length === partitions && first.owned.length > 0,
      'the members share the partitions',
    )
    const [kept] = first.owned
    const [handedOver] = second.owned
    if (kept === undefined || handedOver === undefined) return assert.fail('nothing was shared')
    const shared = { first: first.generations.length - 1, second: second.generations.length - 1 }
    await (await second.writer(shared.second, handedOver)).commit([record(topic, handedOver, 'b')])
    await (await first.writer(shared.first, kept)).commit([record(topic, kept, 'a')])
    // Writers of the generation before belong to a zombie now, of kept and of lost partitions alike.
    for (const partition of [kept, handedOver]) {
      const old = await first.writer(0, partition)
      await assert.rejects(old.commit([record(topic, partition, 'zombie')]), isLost)
    }
    await secondMembership.leave()
    await until(() => first.owned.length === partitions, 'the first member owns everything again')
    assert.equal(first.revocations, first.generations.length - 1)
    for (const partition of [kept, handedOver]) {
      await (await first.writer(-1, partition)).commit([record(topic, partition, 'c')])
    }
    await assert.rejects(
      (await second.writer(shared.second, handedOver)).commit([record(topic, handedOver, 'late')]),
      isLost,
    )
    const seen = await valuesSeen(broker, topic)
    assert.deepEqual(
      [seen[kept], seen[handedOver]],
      [
        ['a', 'c'],
        ['b', 'c'],
      ],
    )
    await firstMembership.leave()
    await Promise.all([first.close(), second.close()])
  })
}
