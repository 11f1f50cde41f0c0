// A stage whose table is memory too: restored with the changelog and under one hash with it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { InRecord } from '@fleet/kafka'
import { FleetError, systemClock, systemIds } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { KeyedState, runStage, StageMeters } from '../src/index.ts'
import type { KeyedChange, RunningStage } from '../src/index.ts'
import type { Progress } from '../src/progress.ts'
import { countingStage, reservationEvent } from './counting-stage.ts'
import type { Counting } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'

const partitions = 1
const changelog = topics.changelogs['crm-sink'].name
const key = resourceKey('t', 'reservation', 'r')

/** Counts are what its newest record says: its changelog holds nothing but progress. */
class TableState extends KeyedState<number> {
  override pending() {
    return []
  }

  restoreTable(of: string, read: () => unknown): void {
    const { status } = read() as CrmRecord
    this.restore(of, Buffer.from(status ?? ''))
  }
}

function tableStage(): Counting {
  return { ...countingStage(), table: topics.crm, createState: () => new TableState() }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!condition()) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function world() {
  const broker = createMemoryBroker({ topics: topicsUsed.map(({ name }) => name), partitions })
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load(topicsUsed.filter(({ schema }) => schema !== null))
  const appender = await broker.openAppender()
  const read = (topic: string): InRecord[] =>
    broker.log({ topic, partition: 0 }).read(0, 100_000).records
  const counts = (): (string | null)[] =>
    read(topics.crm.name).map(({ value }) =>
      value === null || value[0] !== 0
        ? null
        : (codec.decode(topics.crm, value) as CrmRecord).status,
    )
  const append = (topic: string, of: string, value: Buffer | null) =>
    appender.append({ topic, partition: 0, key: of, value })
  const input = topics.events.reservation
  return {
    codec,
    counts,
    append,
    barriers: () => read(changelog).filter(({ key: of }) => String(of) === '!barrier').length,
    newest: () => read(topics.crm.name).findLast(({ value }) => value !== null)?.value ?? null,
    /** Somebody else's, in the table; returns what ends it. */
    openTransaction: () => {
      const transactionalId = 'other'
      broker.initProducer({ transactionalId })
      const open = { topic: topics.crm.name, partition: 0, key, value: Buffer.from('open') }
      broker.writeAndVanish(transactionalId, [open])
      return () => broker.openWriter({ transactionalId })
    },
    feed: (id: string) => append(input.name, key, codec.encode(input, reservationEvent(id))),
    progress: (): Progress =>
      JSON.parse(
        String(read(changelog).findLast(({ key: of }) => String(of) === '!progress')?.value),
      ) as Progress,
    run: (stage: Counting, of = codec, environment = 'test'): Promise<RunningStage> =>
      runStage<KeyedState<number>, KeyedChange<number>>(stage, {
        environment,
        broker,
        codec: of,
        metrics: new StageMeters(createMetrics('test')).forStage('crm-sink'),
        logger: silentLogger,
        clock: systemClock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      }),
  }
}

type World = Awaited<ReturnType<typeof world>>

async function work(some: World, stage: Counting, ...ids: string[]): Promise<void> {
  const before = some.counts().length
  for (const id of ids) await some.feed(id)
  const running = await some.run(stage)
  await until(() => some.counts().length === before + ids.length, 'all of it')
  await running.stop()
}

const phaseOf = (stage: RunningStage): string | undefined => stage.tasks()[0]?.phase

test('what the table says is memory again after a restart', async () => {
  const some = await world()
  await work(some, tableStage(), 'e1', 'e2')
  await work(some, tableStage(), 'e3')
  assert.deepEqual(some.counts(), ['1', '2', '3'])
  const { state } = some.progress()
  assert.equal(state?.table, true)
  assert.equal(state?.entries, 1)
})

const differences: Record<string, (some: World) => Promise<unknown>> = {
  'an old value has come back': async some => {
    const old = some.newest()
    await work(some, tableStage(), 'e3')
    await some.append(topics.crm.name, key, old)
  },
  'a value is gone': some => some.append(topics.crm.name, key, null),
  'a value too many': some => some.append(topics.crm.name, 'another', some.newest()),
  // As a coordinator does that commits what the next one aborts: docs/decisions/0014.
  'one half of a transaction that Kafka tore': some => {
    const newest = some.codec.decode(topics.crm, some.newest() ?? Buffer.alloc(0)) as CrmRecord
    const next = some.codec.encode(topics.crm, { ...newest, status: '3' })
    return some.append(topics.crm.name, key, next)
  },
  'no Avro': some => some.append(topics.crm.name, key, Buffer.from('no Avro')),
}

for (const [what, change] of Object.entries(differences)) {
  test(`${what} in the table: the partition does not start and says what to do`, async () => {
    const some = await world()
    await work(some, tableStage(), 'e1', 'e2')
    await change(some)
    const before = some.counts().length
    const stage = await some.run(tableStage())
    await until(() => phaseOf(stage) === 'refused', 'refused')
    const { 'crm-sink': check = '' } = stage.checks()
    assert.match(
      check,
      new RegExp(`the changelog and ${topics.crm.name} of partition 0 .* fleet state rebuild`),
    )
    assert.equal(some.counts().length, before)
    await stage.stop()
  })
}

test('where a changelog was given up, the table is memory all the same', async () => {
  const some = await world()
  await work(some, tableStage(), 'e1', 'e2')
  await some.append(changelog, '!progress', null)
  const stage = await some.run(tableStage())
  await until(() => phaseOf(stage) === 'refused', 'refused')
  assert.match(stage.checks()['crm-sink'] ?? '', /its memory was deleted/)
  await stage.stop()
  // As the runbook has it, without the group of before.
  const again = await some.run(tableStage(), some.codec, 'another')
  await until(() => some.counts().length === 4, 'its inputs once more')
  assert.deepEqual(some.counts(), ['1', '2', '3', '4'])
  await again.stop()
})

test('a changelog written without a table is vouched for without it, the next commit with it', async () => {
  const some = await world()
  await work(some, countingStage(), 'e1', 'e2')
  assert.equal(some.progress().state?.table, undefined)
  // The rows of before are memory; what the table says comes behind them, and is the same.
  await work(some, tableStage(), 'e3')
  assert.deepEqual(some.counts(), ['1', '2', '3'])
  assert.equal(some.progress().state?.table, true)
  assert.equal(some.progress().state?.entries, 2)
})

test('what is not vouched for is not named: an old mark speaks of the changelog alone', async () => {
  const some = await world()
  await work(some, countingStage(), 'e1', 'e2')
  await some.append(changelog, key, Buffer.from('7'))
  const stage = await some.run(tableStage())
  await until(() => phaseOf(stage) === 'refused', 'refused')
  assert.match(stage.checks()['crm-sink'] ?? '', /the changelog of partition 0/)
  await stage.stop()
})

test('a transaction that is open in the table is waited for: what it hides is no difference', async () => {
  const some = await world()
  await work(some, tableStage(), 'e1')
  const end = some.openTransaction()
  const stage = await some.run(tableStage())
  await some.feed('e2')
  // Each attempt to take the partition writes a barrier.
  await until(() => some.barriers() >= 4, 'some attempts')
  assert.notEqual(phaseOf(stage), 'refused')
  assert.deepEqual(some.counts(), ['1'])
  await end()
  await until(() => some.counts().length === 2, 'it goes on')
  assert.deepEqual(some.counts(), ['1', '2'])
  await stage.stop()
})

test('a release without the table refuses what was written with it', async () => {
  const some = await world()
  await work(some, tableStage(), 'e1')
  const stage = await some.run(countingStage())
  await until(() => phaseOf(stage) === 'refused', 'refused')
  await stage.stop()
})

test('a table whose schema the registry does not give yet is waited for', async () => {
  const some = await world()
  await work(some, tableStage(), 'e1')
  let isAway = true
  const away: World['codec'] = {
    ...some.codec,
    load: () => Promise.resolve(),
    encode: (topic, value) => some.codec.encode(topic, value),
    decode: (topic, value) => some.codec.decode(topic, value),
    foresee: () => {},
    prepare: values =>
      isAway
        ? Promise.reject(new FleetError('REGISTRY_UNREACHABLE', 'transient', 'registry away'))
        : some.codec.prepare(values),
  }
  const stage = await some.run(tableStage(), away)
  await until(() => phaseOf(stage) === 'waiting', 'waiting')
  assert.match(stage.checks()['crm-sink'] ?? '', /registry away/)
  isAway = false
  await some.feed('e2')
  await until(() => some.counts().length === 2, 'it goes on')
  assert.deepEqual(some.counts(), ['1', '2'])
  await stage.stop()
})
