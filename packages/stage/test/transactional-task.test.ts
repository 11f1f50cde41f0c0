// One task on the in-memory broker: when its memory may be kept, and what must not hold it up.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { MemoryRegistry } from '@fleet/codec'
import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord, DeadLetter } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Broker, Chunk, InRecord, MemoryBroker, Position, RecordStream } from '@fleet/kafka'
import { FleetError, systemClock, systemIds } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { KeyedState, runStage, StageMeters } from '../src/index.ts'
import { runView } from '../src/run-view.ts'
import { runPartition } from '../src/partition-loop.ts'
import type { PartitionHandler } from '../src/partition-handler.ts'
import { progressKey } from '../src/progress.ts'
import { TransactionalTask } from '../src/transactional-task.ts'
import { countingStage, crmRecord, reservationEvent } from './counting-stage.ts'
import type { Counting } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'

const never = new AbortController().signal
const input = topics.events.reservation
const key = resourceKey('t', 'reservation', 'a')

/** A stream that has nothing more to bring. */
const quiet: RecordStream = {
  take: () => Promise.resolve({ records: [], positions: [] }),
  ahead: () => [],
  wake: () => {},
  lag: () => [{ topic: input.name, partition: 0, lag: 0 }],
  close: () => {},
}

interface World {
  broker: MemoryBroker
  registry: MemoryRegistry
  clock: { elapsed: number }
  task(declaration?: Counting, wrap?: (broker: Broker) => Broker): Promise<Task>
  chunk(eventIds: readonly string[], from?: number): Chunk
  crm(): string[]
  letters(): DeadLetter[]
  /** Positions in the newest progress record. */
  saved(): Record<string, number>
}
type Task = TransactionalTask<KeyedState<number>, { key: string; value: number | null }>

async function world(): Promise<World> {
  const broker = createMemoryBroker({ topics: topicsUsed.map(({ name }) => name), partitions: 1 })
  const registry = memoryRegistry()
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  await codec.load(topicsUsed)
  const state = { elapsed: 0 }
  const clock: Clock = { ...systemClock, elapsedMs: () => state.elapsed }
  const read = (topic: string): InRecord[] =>
    broker.log({ topic, partition: 0 }).read(0, 1e6).records
  return {
    broker,
    registry,
    clock: state,
    task: async (declaration = countingStage(), wrap = broker => broker) =>
      new TransactionalTask(declaration, 0, {
        environment: 'test',
        partitionCount: 1,
        broker: wrap(broker),
        restoreReader: await wrap(broker).openReader(),
        codec,
        metrics: new StageMeters(createMetrics('test')).forStage('crm-sink'),
        logger: silentLogger,
        clock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      }),
    chunk: (eventIds, from = 0) => ({
      records: eventIds.map((eventId, index) => ({
        topic: input.name,
        partition: partitionOf(key, 1),
        offset: from + index,
        timestampMs: 1,
        key: Buffer.from(key),
        value: codec.encode(input, reservationEvent(eventId)),
        headers: {},
      })),
      positions: [{ topic: input.name, partition: 0, offset: from + eventIds.length }],
    }),
    crm: () =>
      read(topics.crm.name).map(({ value }) => {
        const { event_id, status } = codec.decode(topics.crm, value!) as CrmRecord
        return `${event_id}:${status}`
      }),
    letters: () =>
      read(topics.deadLetters['crm-sink'].name).map(
        ({ value }) => codec.decode(topics.deadLetters['crm-sink'], value!) as DeadLetter,
      ),
    saved: () => {
      const all = read(topics.changelogs['crm-sink'].name)
      const newest = all.findLast(record => String(record.key) === progressKey)
      return (JSON.parse(String(newest?.value)) as { positions: Record<string, number> }).positions
    },
  }
}

/** The counting stage whose state fails in one step of a commit when told to. */
function failing(step: 'advance' | 'pending' | 'commit'): {
  stage: Counting
  fail: { now: boolean }
} {
  const fail = { now: false }
  const boom = (): void => {
    if (!fail.now) return
    fail.now = false
    throw new Error(`${step} failed`)
  }
  class Failing extends KeyedState<number> {
    advance(): void {
      if (step === 'advance') boom()
    }
    override pending(): ReturnType<KeyedState<number>['pending']> {
      if (step === 'pending') boom()
      return super.pending()
    }
    override commit(): void {
      if (step === 'commit') boom()
      super.commit()
    }
  }
  return { stage: { ...countingStage({ tickMs: 1 }), createState: () => new Failing() }, fail }
}

for (const step of ['advance', 'pending', 'commit'] as const) {
  for (const on of ['a tick', 'records'] as const) {
    test(`memory is restored whole after ${step}() of the state failed on ${on}`, async () => {
      const { task, chunk, crm } = await world()
      const { stage, fail } = failing(step)
      const running = await task(stage)
      running.stream = quiet
      await running.acquire(never)
      await running.process(chunk(['a1', 'a2']), never)
      fail.now = true
      const work = on === 'a tick' ? running.onTime() : running.process(chunk(['a3'], 2), never)
      await assert.rejects(work, /failed/)
      const [position] = await running.acquire(never)
      // commit() fails when the transaction is already in the log, so it did happen.
      const didHappen = on === 'records' && step === 'commit'
      assert.equal(position?.offset, didHappen ? 3 : 2)
      if (!didHappen) await running.process(chunk(['a3'], 2), never)
      await running.onTime()
      const counted = crm().filter(text => text.startsWith('a'))
      const ticks = crm().filter(text => text.startsWith('tick'))
      assert.deepEqual(counted, ['a1:1', 'a2:2', 'a3:3'])
      assert.deepEqual(
        ticks.map(text => Number(text.split(':')[1])),
        ticks.map((_, index) => index + 1),
      )
    })
  }
}

test('the schema of a record that is still to come is asked for while others are decided', async () => {
  const { registry, task: open, chunk, crm } = await world()
  const task = await open()
  await task.acquire(never)
  const [known] = chunk(['e1']).records
  const unknown = Buffer.from([0, 0, 0, 3, 9, 0])
  task.stream = { ...quiet, ahead: () => [known!, { ...known!, value: unknown }] }
  await task.process(chunk(['e1']), never)
  assert.equal(crm().length, 1)
  assert.equal(registry.calls['findSchema'], 1)
  await task.close()
})

test('a chunk is left between two transactions when the task must stop, and goes on there', async () => {
  const { task, chunk, crm } = await world()
  const stopping = new AbortController()
  const running = await task(countingStage(), broker => ({
    ...brokerOf(broker),
    openWriter: async options => {
      const writer = await broker.openWriter(options)
      return {
        commit: records => {
          if (records.length > 10) stopping.abort()
          return writer.commit(records)
        },
        close: () => writer.close(),
      }
    },
  }))
  await running.acquire(never)
  const ids = Array.from({ length: 1000 }, (_, index) => `e${index}`)
  const first = running.takeMax
  await running.process(chunk(ids), stopping.signal)
  assert.equal(crm().length, first)
  const [position] = await running.acquire(never)
  assert.equal(position?.offset, first)
  await running.process(chunk(ids.slice(first), first), never)
  assert.deepEqual(
    crm(),
    ids.map((id, index) => `${id}:${index + 1}`),
  )
})

test('a task stops while it restores from a changelog that does not answer', async () => {
  const { task } = await world()
  const running = await task(countingStage(), broker => ({
    ...brokerOf(broker),
    openReader: async () => {
      const reader = await broker.openReader()
      return { ...reader, open: () => reader.open([]) }
    },
  }))
  const stopping = new AbortController()
  const acquiring = running.acquire(stopping.signal)
  setImmediate(() => stopping.abort())
  await assert.rejects(
    acquiring,
    (error: unknown) => error instanceof FleetError && error.fate === 'transient',
  )
})

test('a position that moves on without records is saved after a while, before retention passes it', async () => {
  const { task, chunk, clock, saved } = await world()
  const running = await task()
  await running.acquire(never)
  await running.process(chunk(['a1']), never)
  const moved: Chunk = { records: [], positions: [{ topic: input.name, partition: 0, offset: 40 }] }
  await running.process(moved, never)
  await running.onTime()
  assert.equal(saved()[input.name], 1, 'not at once: it is one transaction more')
  clock.elapsed += 60_000
  await running.process(moved, never)
  await running.onTime()
  assert.equal(saved()[input.name], 40)
  const again = await task()
  assert.equal((await again.acquire(never))[0]?.offset, 40)
})

/** The counting stage, which remembers a text of so many bytes with the event of each name. */
function rememberingStage(bytes: Readonly<Record<string, number>>): Counting {
  const counting = countingStage()
  return {
    ...counting,
    decide: (state, event) => {
      const decision = counting.decide(state, event)
      const { event_id } = event.value as { event_id: string }
      const text = 'x'.repeat(bytes[event_id] ?? 0) as unknown as number
      return { ...decision, changes: [...decision.changes, { key: 'text', value: text }] }
    },
  }
}

test('what could not be remembered is a dead letter, and those around it have their effect', async () => {
  const { task, chunk, crm, letters, saved } = await world()
  const running = await task(rememberingStage({ a2: 1024 * 1024 }))
  await running.acquire(never)
  await running.process(chunk(['a1', 'a2', 'a3']), never)
  assert.deepEqual(crm(), ['a1:1', 'a3:2'])
  assert.deepEqual(
    letters().map(letter => [letter.origin.offset, letter.error_code]),
    [[1, 'TOO_LARGE']],
  )
  assert.equal(saved()[input.name], 3)
})

test('what is too much for one transaction is a dead letter, each part of it may be small', async () => {
  const { task, chunk, crm, letters } = await world()
  const counting = countingStage()
  const running = await task({
    ...counting,
    decide: (state, event) => {
      const decision = counting.decide(state, event)
      const { event_id } = event.value as { event_id: string }
      const times = event_id === 'many' ? 40 : 1
      const value = crmRecord({ event_id, status: 'x'.repeat(500_000) })
      const emit = Array.from({ length: times }, () => ({ topic: topics.crm, key: 'k', value }))
      return { ...decision, emit }
    },
  })
  await running.acquire(never)
  await running.process(chunk(['many', 'one']), never)
  assert.equal(crm().length, 1)
  assert.deepEqual(
    letters().map(letter => [letter.origin.offset, letter.error_code]),
    [[0, 'TOO_LARGE']],
  )
})

test('open letters are among the sizes of a stage whose letters come back through the redrive topic', async () => {
  const { task, chunk } = await world()
  const running = await task()
  await running.acquire(never)
  await running.process(chunk(['poison', 'a1']), never)
  const { letters, letters_max: max, letters_shed: shed } = running.sizes()
  assert.deepEqual([letters, max, shed], [1, 500_000, 0])
  const other = await task({ ...countingStage(), lettersReturn: 'as-input' })
  assert.equal(other.sizes()['letters'], undefined)
})

test('a dead letter that would be over its topic’s limit is made smaller, not retried for ever', async () => {
  const { task, chunk, letters } = await world()
  const running = await task({
    ...countingStage(),
    facts: () => ({ tenantId: 't', body: Buffer.alloc(2 * 1024 * 1024, 1) }),
    decide: () => {
      throw new Error('poison')
    },
  })
  await running.acquire(never)
  const [small] = chunk(['a1']).records
  assert.ok(small)
  const records = [0.9, 1.5, 4].map((mebibytes, offset) => ({
    ...small,
    offset,
    headers: { padding: Buffer.alloc(mebibytes * 1024 * 1024) },
  }))
  const positions: Position[] = [{ topic: input.name, partition: 0, offset: 3 }]
  await running.process({ records, positions }, never)
  assert.deepEqual(
    letters().map(letter => [
      letter.origin.offset,
      letter.error_code,
      letter.tenant_id,
      letter.body !== null,
      letter.origin_value !== null,
    ]),
    [
      [0, 'INTERNAL', 't', true, true],
      [1, 'INTERNAL', 't', false, true],
      [2, 'INTERNAL', null, false, false],
    ],
  )
})

test('a dead letter whose facts do not fit the schema is written without them', async () => {
  const { task, chunk, letters } = await world()
  const running = await task({
    ...countingStage(),
    facts: () => ({ tenantId: 5 as unknown as string }),
    decide: () => {
      throw new Error('poison')
    },
  })
  await running.acquire(never)
  await running.process(chunk(['a1']), never)
  assert.deepEqual(
    letters().map(letter => [letter.error_code, letter.tenant_id, letter.origin_value !== null]),
    [['INTERNAL', null, true]],
  )
})

test('a partition that fails at each record gives up, though empty chunks come in between', async () => {
  const { broker, chunk } = await world()
  const reader = await broker.openReader()
  const handler: PartitionHandler = {
    partition: 0,
    stream: null,
    takeMax: 100,
    acquire: () => Promise.resolve([]),
    onTime: () => Promise.resolve(0),
    process: ({ records }) =>
      records.length === 0 ? Promise.resolve() : Promise.reject(new Error('never works')),
    close: () => Promise.resolve(),
  }
  let takes = 0
  const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() }
  const source = {
    ...reader,
    open: () => ({
      ...reader.open([]),
      take: () =>
        Promise.resolve(takes++ % 2 === 0 ? { records: [], positions: [] } : chunk(['a'])),
      wake: () => {},
      close: () => {},
    }),
  }
  await assert.rejects(
    runPartition(handler, never, {
      reader: source,
      clock,
      random: { next: () => 0 },
      logger: silentLogger,
    }),
    (error: unknown) => error instanceof FleetError && error.code === 'TASK_FAILED',
  )
})

test('a stage that can’t join its group closes what it had opened', async () => {
  const { broker } = await world()
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  let open = 0
  const counting: Broker = {
    ...brokerOf(broker),
    openReader: async () => {
      open++
      const reader = await broker.openReader()
      return { ...reader, close: () => reader.close().then(() => void open--) }
    },
    joinGroup: () => Promise.reject(new FleetError('KAFKA_UNREACHABLE', 'transient', 'away')),
  }
  const started = runStage(countingStage(), {
    environment: 'test',
    broker: counting,
    codec,
    metrics: new StageMeters(createMetrics('test')).forStage('crm-sink'),
    logger: silentLogger,
    clock: systemClock,
    ids: systemIds,
    random: { next: () => 0 },
    sha256Hex: text => text,
  })
  await assert.rejects(started, /away/)
  assert.equal(open, 0)
})

test('a broker that goes away while topics are looked up is waited for, not the end', async () => {
  const { broker } = await world()
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  let closed = false
  const away: Broker = {
    ...brokerOf(broker),
    openAdmin: async () => ({
      ...(await broker.openAdmin()),
      describeTopics: () => Promise.reject(new Error('connection closed')),
      close: () => {
        closed = true
        return Promise.resolve()
      },
    }),
  }
  const view = { positions: () => Promise.resolve(new Map()), apply: () => Promise.resolve() }
  const metrics = new StageMeters(createMetrics('test')).forStage('crm-sink')
  const started = runView(
    { name: 'v', input: topics.state, view },
    {
      environment: 'test',
      broker: away,
      codec,
      metrics,
      logger: silentLogger,
      clock: systemClock,
      random: { next: () => 0 },
    },
  )
  await assert.rejects(
    started,
    (error: unknown) => error instanceof FleetError && error.fate === 'transient',
  )
  assert.ok(closed)
})

function brokerOf(broker: Broker): Broker {
  return {
    openWriter: options => broker.openWriter(options),
    openReader: options => broker.openReader(options),
    joinGroup: options => broker.joinGroup(options),
    openAppender: options => broker.openAppender(options),
    openAdmin: () => broker.openAdmin(),
  }
}
