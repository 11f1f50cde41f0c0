// The loop on the in-memory broker: what it promises when all goes well, and when writers are fenced,
// members come and go, and records are poison.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { groupIdOf, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord, DeadLetter } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { InRecord, MemoryBroker } from '@fleet/kafka'
import { FleetError, systemClock, systemIds } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { runStage, StageMeters } from '../src/index.ts'
import type { RunningStage } from '../src/index.ts'
import { countingStage, hugeId, poisonId, reservationEvent } from './counting-stage.ts'
import type { Counting } from './counting-stage.ts'

const partitions = 2
const deadlineMs = 60_000
const topicsUsed = [
  topics.events.reservation,
  topics.events.incident,
  topics.crm,
  topics.redrive,
  topics.deadLetters['crm-sink'],
  topics.changelogs['crm-sink'],
]

interface World {
  broker: MemoryBroker
  codec: Codec
  start(declaration?: Counting): Promise<RunningStage>
  feed(resource: string, eventId: string, headers?: Record<string, string>): Promise<void>
  crm(): CrmRecord[]
  deadLetters(): DeadLetter[]
}

async function world(): Promise<World> {
  const broker = createMemoryBroker({ topics: topicsUsed.map(({ name }) => name), partitions })
  const registry = memoryRegistry()
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  const written = topicsUsed.filter(({ schema }) => schema !== null)
  await codec.load(written)
  const appender = await broker.openAppender()
  const all = (topic: string): InRecord[] =>
    Array.from({ length: partitions }, (_, partition) => {
      const log = broker.log({ topic, partition })
      return log.read(0, 100_000).records
    }).flat()
  return {
    broker,
    codec,
    start: (declaration = countingStage()) =>
      runStage(declaration, {
        environment: 'test',
        broker,
        codec,
        metrics: new StageMeters(createMetrics('test')).forStage('crm-sink'),
        logger: silentLogger,
        clock: systemClock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      }),
    feed: async (resource, eventId, headers) => {
      const key = resourceKey('t', 'reservation', resource)
      await appender.append({
        topic: topics.events.reservation.name,
        partition: partitionOf(key, partitions),
        key,
        value: codec.encode(topics.events.reservation, reservationEvent(eventId)),
        ...(headers === undefined ? {} : { headers }),
      })
    },
    crm: () =>
      all(topics.crm.name).map(({ value }) => codec.decode(topics.crm, value!) as CrmRecord),
    deadLetters: () =>
      all(topics.deadLetters['crm-sink'].name).map(
        ({ value }) => codec.decode(topics.deadLetters['crm-sink'], value!) as DeadLetter,
      ),
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('every record is processed once, in order, and a restart goes on where it was', async () => {
  const { start, feed, crm } = await world()
  for (let n = 1; n <= 5; n++) await feed('a', `a${n}`)
  const first = await start()
  await until(() => crm().length === 5, 'first five')
  await first.stop()
  for (let n = 6; n <= 9; n++) await feed('a', `a${n}`)
  const second = await start()
  await until(() => crm().length === 9, 'nine in all')
  await second.stop()
  assert.deepEqual(
    crm().map(({ event_id, status }) => [event_id, status]),
    Array.from({ length: 9 }, (_, index) => [`a${index + 1}`, `${index + 1}`]),
  )
})

test('no tick comes before what stood in the inputs when the stage started', async () => {
  const { broker, start, feed } = await world()
  const partition = partitionOf(resourceKey('t', 'reservation', 'a'), partitions)
  const keys = (): string[] =>
    broker
      .log({ topic: topics.crm.name, partition })
      .read(0, 100_000)
      .records.map(({ key }) => (String(key).startsWith('tick') ? 'tick' : 'event'))
  const firstTickAfter = (from: number): number => keys().indexOf('tick', from)
  let from = 0
  // New, and after a downtime.
  for (const backlog of [2000, 2000]) {
    for (let n = 1; n <= backlog; n++) await feed('a', `a${from + n}`)
    const stage = await start(countingStage({ tickMs: 1 }))
    const begun = from
    await until(() => firstTickAfter(begun) >= 0, 'a tick')
    await stage.stop()
    assert.equal(firstTickAfter(from), from + backlog)
    from = keys().length
  }
})

test('a poison record becomes a dead letter with its bytes and the next record is processed', async () => {
  const { start, feed, crm, deadLetters } = await world()
  await feed('a', 'a1')
  await feed('a', poisonId)
  await feed('a', 'a2')
  const stage = await start()
  await until(() => crm().length === 2, 'two published')
  await stage.stop()
  const [letter] = deadLetters()
  assert.equal(deadLetters().length, 1)
  assert.equal(letter?.error_code, 'INTERNAL')
  assert.equal(letter?.error_message, 'this record is poison')
  assert.equal(letter?.origin.offset, 1)
  assert.ok((letter?.origin_value?.length ?? 0) > 0)
  assert.deepEqual(
    crm().map(({ status }) => status),
    ['1', '2'],
  )
})

test('outputs carry the trace of their origin, or a new one when it has none', async () => {
  const { broker, start, feed, crm, deadLetters } = await world()
  await feed('a', 'a1')
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await feed('a', 'a2', { traceparent: parent })
  await feed('a', poisonId)
  const stage = await start()
  await until(() => crm().length === 2 && deadLetters().length === 1, 'three decided')
  await stage.stop()
  assert.equal(deadLetters()[0]?.trace_id, null)
  const traces = Array.from(
    { length: partitions },
    (_, partition) => broker.log({ topic: topics.crm.name, partition }).read(0, 100).records,
  ).flatMap(records => records.map(({ headers }) => String(headers['traceparent'])))
  assert.match(traces[0] ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  assert.equal(traces[1]?.slice(0, 35), parent.slice(0, 35))
  assert.notEqual(traces[1], parent)
})

test('an output over its topic’s limit is dead-lettered as TOO_LARGE and changes no state', async () => {
  const { start, feed, crm, deadLetters } = await world()
  await feed('a', 'a1')
  await feed('a', hugeId)
  await feed('a', 'a2')
  const stage = await start()
  await until(() => crm().length === 2, 'two published')
  await stage.stop()
  assert.deepEqual(
    deadLetters().map(({ error_code }) => error_code),
    ['TOO_LARGE'],
  )
  assert.equal(crm().at(-1)?.status, '2')
})

test('bytes that are no framed Avro are dead-lettered as UNDECODABLE', async () => {
  const { broker, start, deadLetters } = await world()
  const appender = await broker.openAppender()
  const key = resourceKey('t', 'reservation', 'a')
  const partition = partitionOf(key, partitions)
  const bad = [Buffer.from([]), Buffer.from([9, 0, 0, 0, 1, 2]), Buffer.from('{"json":1}'), null]
  for (const value of bad) {
    await appender.append({ topic: topics.events.reservation.name, partition, key, value })
  }
  const stage = await start()
  await until(() => deadLetters().length === bad.length, 'all dead-lettered')
  await stage.stop()
  assert.deepEqual([...new Set(deadLetters().map(letter => letter.error_code))], ['UNDECODABLE'])
})

test('a record on a partition its key does not belong to is dead-lettered as WRONG_PARTITION', async () => {
  const { broker, codec, start, deadLetters } = await world()
  const appender = await broker.openAppender()
  const key = resourceKey('t', 'reservation', 'a')
  await appender.append({
    topic: topics.events.reservation.name,
    partition: 1 - partitionOf(key, partitions),
    key,
    value: codec.encode(topics.events.reservation, reservationEvent('x')),
  })
  const stage = await start()
  await until(() => deadLetters().length === 1, 'dead-lettered')
  await stage.stop()
  assert.equal(deadLetters()[0]?.error_code, 'WRONG_PARTITION')
})

test('a fenced task notices, restores what really happened and repeats nothing', async () => {
  const { broker, start, feed, crm } = await world()
  const stage = await start()
  await feed('a', 'a1')
  await feed('b', 'b1')
  await until(() => crm().length === 2, 'both published')
  // A foreign writer takes the ids of both partitions, as a second process would after a takeover.
  for (let partition = 0; partition < partitions; partition++) {
    await broker.openWriter({ transactionalId: `test.crm-sink.g1.${partition}` })
  }
  for (let n = 2; n <= 20; n++) {
    await feed('a', `a${n}`)
    await feed('b', `b${n}`)
  }
  await until(() => crm().length === 40, 'forty published')
  await stage.stop()
  for (const resource of ['a', 'b']) {
    const mine = crm().filter(({ event_id }) => event_id.startsWith(resource))
    assert.deepEqual(
      mine.map(({ event_id, status }) => [event_id, status]),
      Array.from({ length: 20 }, (_, index) => [`${resource}${index + 1}`, `${index + 1}`]),
    )
  }
})

test('members that come and go lose nothing, repeat nothing, keep the order', async () => {
  const { start, feed, crm } = await world()
  const resources = ['a', 'b', 'c', 'd', 'e']
  const total = 60
  let stages = [await start()]
  for (let n = 1; n <= total; n++) {
    for (const resource of resources) await feed(resource, `${resource}${n}`)
    if (n % 10 === 0) stages.push(await start())
    if (n % 15 === 0) await stages.shift()?.stop()
  }
  await until(() => crm().length >= total * resources.length, 'all published')
  await Promise.all(stages.map(stage => stage.stop()))
  stages = []
  for (const resource of resources) {
    const mine = crm().filter(({ event_id }) => event_id.startsWith(resource))
    assert.deepEqual(
      mine.map(({ status }) => Number(status)),
      Array.from({ length: total }, (_, index) => index + 1),
    )
  }
})

test('ticks are transactions of their own and are not repeated by a restart', async () => {
  const { start, crm } = await world()
  const stage = await start(countingStage({ tickMs: 20 }))
  await until(() => crm().length >= 8, 'some ticks')
  await stage.stop()
  const again = await start(countingStage({ tickMs: 20 }))
  const before = crm().length
  await until(() => crm().length >= before + 4, 'more ticks')
  await again.stop()
  const counts = crm().map(({ status }) => Number(status))
  const perPartition = Math.max(...counts)
  assert.equal(new Set(counts).size, perPartition)
  assert.ok(counts.length <= perPartition * partitions)
})

test('topics that are missing or differ in partition count stop the stage with a clear error', async () => {
  const { codec } = await world()
  const changelog = topics.changelogs['crm-sink'].name
  const names = topicsUsed.map(({ name }) => name)
  const missing = createMemoryBroker({ topics: [topics.crm.name], partitions })
  const different = createMemoryBroker({
    topics: names.filter(name => name !== changelog),
    partitions,
  })
  different.createTopic({
    name: changelog,
    partitions: partitions + 1,
    replicationFactor: 1,
    config: {},
  })
  for (const [broker, code, message] of [
    [missing, 'TOPIC_MISSING', /Topics are missing.*fleet topics apply/],
    [different, 'PARTITION_MISMATCH', /has 2 partitions, but: .*changelog.v1 3; run: fleet topics/],
  ] as const) {
    const stage = runStage(countingStage(), {
      environment: 'test',
      broker,
      codec,
      metrics: new StageMeters(createMetrics('other')).forStage('crm-sink'),
      logger: silentLogger,
      clock: systemClock,
      ids: systemIds,
      random: { next: () => 0 },
      sha256Hex: text => text,
    })
    await assert.rejects(stage, { code, fate: 'fatal', message })
  }
})

test('a partition that its group has read does not start with an empty changelog', async () => {
  const { broker, feed, start, crm } = await world()
  const { name } = topics.events.reservation
  const before = await broker.joinGroup({
    groupId: groupIdOf('test', 'crm-sink'),
    topics: [name],
    onRevoked: () => Promise.resolve(),
    onAssigned: () => {},
  })
  await before.commitOffsets([
    { topic: name, partition: 0, offset: 5 },
    { topic: name, partition: 1, offset: 0 },
  ])
  await before.leave()
  const stage = await start()
  await feed('a', 'a1')
  await feed('b', 'b1')
  await until(() => stage.tasks().some(({ phase }) => phase === 'refused'), 'one is refused')
  await until(() => stage.tasks().some(({ phase }) => phase === 'running'), 'the other runs')
  assert.match(
    stage.checks()['crm-sink'] ?? '',
    /0 refused: partition 0 of fleet.crm-sink.changelog.v1 is empty, but .* up to 5/,
  )
  await until(() => crm().length === 1, 'the other partition goes on')
  await stage.stop()
})

test('records that were taken and wait for a schema still count as lag', async () => {
  const { broker, codec, feed, crm } = await world()
  let isThere = false
  const waiting: Codec = {
    load: () => codec.load([]),
    encode: (topic, value) => codec.encode(topic, value),
    decode: (topic, value) => codec.decode(topic, value),
    foresee: () => {},
    prepare: values =>
      isThere
        ? codec.prepare(values)
        : Promise.reject(new FleetError('SCHEMA_PENDING', 'transient', 'not there yet')),
  }
  for (let n = 1; n <= 3; n++) await feed('a', `a${n}`)
  const stage = await runStage(countingStage(), {
    environment: 'test',
    broker,
    codec: waiting,
    metrics: new StageMeters(createMetrics('lagging')).forStage('crm-sink'),
    logger: silentLogger,
    clock: systemClock,
    ids: systemIds,
    random: { next: () => 0 },
    sha256Hex: text => text,
  })
  const lag = (): number => stage.tasks().reduce((sum, task) => sum + task.lag, 0)
  await until(() => stage.tasks().some(({ phase }) => phase === 'waiting'), 'it waits')
  assert.equal(lag(), 3)
  assert.match(stage.checks()['crm-sink'] ?? '', /waiting: not there yet/)
  isThere = true
  await until(() => crm().length === 3 && lag() === 0, 'all are decided')
  await stage.stop()
})
