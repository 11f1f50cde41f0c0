import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { ledgerClosedKey, topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { encodeProgress, progressKey, StateHash } from '@fleet/stage'

import { awaitFollowers, changelogEnds } from '../../src/ledger/followers.ts'

const changelog = topics.changelogs['accounting-sink'].name
const control = topics.ledgerControl.name
const closedKey = ledgerClosedKey('demo')
const partitions = 2

/** A ledger whose tasks commit what a test says; the instruction stands at offset 0 of each partition. */
async function ledger() {
  const broker = createMemoryBroker({
    topics: [changelog, control],
    partitions,
    clock: systemClock,
  })
  const admin = await broker.openAdmin()
  const hashes = [new StateHash(), new StateHash()]
  return {
    kafka: { broker, admin },
    async commit(partition: number, given: { period?: string; controlPosition: number }) {
      const writer = await broker.openWriter({ transactionalId: `task-${partition}` })
      const { period, controlPosition } = given
      const value = Buffer.from(JSON.stringify({ period }))
      const changes = period === undefined ? [] : [{ key: closedKey, value }]
      const state = hashes[partition]?.after(changes)
      const progress = {
        positions: { [control]: controlPosition },
        streamTimeMs: 0,
        lastTickMs: 0,
        counts: { published: 0, duplicate: 0, dead_letter: 0 },
        transactions: 1,
        partitionCount: partitions,
      }
      const records: OutRecord[] = [
        ...changes,
        { key: progressKey, value: encodeProgress({ ...progress, ...(state && { state }) }) },
      ].map(record => ({ ...record, topic: changelog, partition }))
      await writer.commit(records)
      await writer.close()
    },
  }
}

const context = { clock: systemClock, stopping: new AbortController().signal }
const written = [0, 1].map(partition => ({ topic: control, partition, baseOffset: 0 }))

describe('waiting for the partitions of the ledger', () => {
  const rows: [string, (string | undefined)[], (string | undefined)[], number | 'BAD_CONTROL'][] = [
    ['all have closed the month', [undefined, undefined], ['2026-10', '2026-10'], 2],
    ['it was closed before: nothing is written', ['2026-10', '2026-11'], [undefined, undefined], 2],
    ['one closes it, one had', [undefined, '2026-10'], ['2026-10', undefined], 2],
    ['one refuses it', [undefined, '2026-09'], ['2026-10', undefined], 'BAD_CONTROL'],
  ]
  for (const [what, before, after, wanted] of rows) {
    test(`${what}: ${wanted}`, async () => {
      const { kafka, commit } = await ledger()
      for (const [partition, period] of before.entries()) {
        await commit(partition, { controlPosition: 0, ...(period !== undefined && { period }) })
      }
      const from = await changelogEnds(kafka)
      for (const [partition, period] of after.entries()) {
        await commit(partition, { controlPosition: 1, ...(period !== undefined && { period }) })
      }
      const isFollowed = (memory: { closed: Map<string, string> }): boolean =>
        (memory.closed.get('demo') ?? '') >= '2026-10'
      const waiting = awaitFollowers(context, kafka, { from, written, wait: 30, isFollowed })
      if (wanted === 'BAD_CONTROL') await assert.rejects(waiting, { code: 'BAD_CONTROL' })
      else assert.equal(await waiting, wanted)
    })
  }

  test('one does not come in time: the other is counted', async () => {
    const { kafka, commit } = await ledger()
    const from = await changelogEnds(kafka)
    await commit(0, { controlPosition: 1, period: '2026-10' })
    await commit(1, { controlPosition: 0 })
    const isFollowed = (): boolean => true
    assert.equal(await awaitFollowers(context, kafka, { from, written, wait: 1, isFollowed }), 1)
  })

  test('each partition is asked about the place of its own instruction', async () => {
    const { kafka, commit } = await ledger()
    const from = await changelogEnds(kafka)
    for (const partition of [0, 1]) await commit(partition, { controlPosition: 9 })
    const places = written.map(one => ({ ...one, baseOffset: one.partition + 5 }))
    const asked: number[] = []
    const isFollowed = (_: unknown, offset: number): boolean => asked.push(offset) > 0
    const awaited = { from, written: places, wait: 30, isFollowed }
    assert.equal(await awaitFollowers(context, kafka, awaited), 2)
    assert.deepEqual(
      asked.toSorted((a, b) => a - b),
      [5, 6],
    )
  })
})
