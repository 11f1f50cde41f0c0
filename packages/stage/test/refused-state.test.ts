// A partition whose changelog no longer says what its last commit left does not start; the others do.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { InRecord } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { runStage, StageMeters } from '../src/index.ts'
import type { RunningStage } from '../src/index.ts'
import type { Progress } from '../src/progress.ts'
import { addStateGauges } from '../src/state-gauges.ts'
import { countingStage, reservationEvent } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'

const partitions = 2
const changelog = topics.changelogs['crm-sink'].name
const deadlineMs = 60_000

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A resource of each partition. */
const resources = Array.from({ length: partitions }, (_, partition) => {
  for (let n = 0; ; n++) {
    const key = resourceKey('t', 'reservation', `r${n}`)
    if (partitionOf(key, partitions) === partition) return key
  }
})

async function world() {
  const broker = createMemoryBroker({ topics: topicsUsed.map(({ name }) => name), partitions })
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load(topicsUsed.filter(({ schema }) => schema !== null))
  const appender = await broker.openAppender()
  const read = (topic: string, partition: number): InRecord[] =>
    broker.log({ topic, partition }).read(0, 100_000).records
  return {
    read,
    write: (partition: number, key: string, value: string | null) =>
      appender.append({
        topic: changelog,
        partition,
        key,
        value: value === null ? null : Buffer.from(value),
      }),
    feed: (eventId: string) =>
      Promise.all(
        resources.map((key, partition) =>
          appender.append({
            topic: topics.events.reservation.name,
            partition,
            key,
            value: codec.encode(topics.events.reservation, reservationEvent(eventId)),
          }),
        ),
      ),
    start: () =>
      runStage(countingStage(), {
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
    /** Partitions' newest progress. */
    progress: (partition: number): Progress =>
      JSON.parse(
        String(
          read(changelog, partition).findLast(({ key }) => String(key) === '!progress')?.value,
        ),
      ) as Progress,
    published: (partition: number): number => read(topics.crm.name, partition).length,
  }
}

type World = Awaited<ReturnType<typeof world>>

/** Some events, committed, and the stage stopped again. */
async function afterSomeWork(): Promise<World> {
  const some = await world()
  await some.feed('e1')
  await some.feed('e2')
  const stage = await some.start()
  await until(() => some.published(0) === 2 && some.published(1) === 2, 'two of each')
  await stage.stop()
  return some
}

const phaseOf = (stage: RunningStage, partition: number): string | undefined =>
  stage.tasks().find(task => task.partition === partition)?.phase

const differences: Record<string, (some: World) => Promise<unknown>> = {
  'an old value has come back': some => some.write(0, resources[0] ?? '', '1'),
  'a value is gone': some => some.write(0, resources[0] ?? '', null),
  'a deleted key has come back': some => some.write(0, 'forgotten', '7'),
  'a value can not be read': some => some.write(0, resources[0] ?? '', 'no JSON'),
  'the progress can not be read': some => some.write(0, '!progress', 'no JSON'),
  'the progress is gone': some => some.write(0, '!progress', null),
}

for (const [what, change] of Object.entries(differences)) {
  test(`${what}: this partition does not start and says what to do, the other goes on`, async () => {
    const some = await afterSomeWork()
    await change(some)
    await some.feed('e3')
    const stage = await some.start()
    let ended: unknown = null
    stage.failed.catch((error: unknown) => {
      ended = error
    })
    await until(() => some.published(1) === 3 && phaseOf(stage, 0) === 'refused', 'one refused')
    const { 'crm-sink': check = '' } = stage.checks()
    assert.match(check, /0 refused: .*run: fleet state rebuild --stage crm-sink --partition 0$/)
    assert.equal(some.published(0), 2)
    assert.equal(ended, null)
    await until(() => stage.tasks().every(({ lag }) => lag === 0), 'all that is read is decided')
    // An event waits in the refused one: its lag is not known to be 0, it is not known.
    assert.deepEqual(
      stage.tasks().map(({ partition, lag, isLagKnown }) => ({ partition, lag, isLagKnown })),
      [
        { partition: 0, lag: 0, isLagKnown: false },
        { partition: 1, lag: 0, isLagKnown: true },
      ],
    )
    const metrics = createMetrics('test')
    addStateGauges(new StageMeters(metrics), () => [['crm-sink', stage.tasks()]])
    assert.match(await metrics.text(), /fleet_stage_state_mismatch\{stage="crm-sink"[^}]*\} 1/)
    await stage.stop()
  })
}

test('a value that is unreadable no more matters: only the newest of a key counts', async () => {
  const some = await afterSomeWork()
  await some.write(0, resources[0] ?? '', 'no JSON')
  await some.write(0, resources[0] ?? '', '2')
  await some.feed('e3')
  const stage = await some.start()
  await until(() => some.published(0) === 3, 'it goes on')
  await stage.stop()
})

test('every transaction says what its changelog comes to; one of before that starts all the same', async () => {
  const some = await afterSomeWork()
  const { state, ...before } = some.progress(0)
  assert.equal(state?.entries, 1)
  assert.match(state?.hash ?? '', /^[0-9a-f]{16}$/)
  await some.write(0, resources[0] ?? '', '41')
  await some.write(0, '!progress', JSON.stringify(before))
  await some.feed('e3')
  const stage = await some.start()
  await until(() => some.published(0) === 3, 'it goes on')
  await stage.stop()
  assert.notEqual(some.progress(0).state?.hash, state?.hash)
})
