// Letters that come back: at the stage that failed, once, whatever else is sent to it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { headerNames, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord, DeadLetter } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import fc from 'fast-check'
import { ChangelogFold, KeyedState, runStage, StageMeters } from '../src/index.ts'
import type { Input, RunningStage } from '../src/index.ts'
import { countingStage, reservationEvent } from './counting-stage.ts'
import type { Counting } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'

const deadlineMs = 30_000
const letterTopic = topics.deadLetters['crm-sink']
const key = resourceKey('t', 'reservation', 'r')
const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

class World {
  /** Events that the stage can't process now. */
  readonly broken = new Set<string>()
  readonly redriven: Input['redriven'][] = []
  readonly metrics = createMetrics('test')
  readonly #broker = createMemoryBroker({
    topics: topicsUsed.map(({ name }) => name),
    partitions: 1,
  })
  #stage: RunningStage | null = null
  readonly #codec: Codec
  readonly #appender = this.#broker.openAppender()

  private constructor(codec: Codec) {
    this.#codec = codec
  }

  static async open(): Promise<World> {
    const codec = await openCodec({
      registry: memoryRegistry(),
      cacheFile: null,
      clock: systemClock,
    })
    await codec.load(topicsUsed.filter(({ schema }) => schema !== null))
    return new World(codec)
  }

  async start(): Promise<void> {
    const counting = countingStage()
    const declaration: Counting = {
      ...counting,
      decide: (state, input) => {
        const { event_id } = input.value as { event_id: string }
        if (this.broken.has(event_id)) throw new Error('broken')
        if (input.redriven !== undefined) this.redriven.push(input.redriven)
        return counting.decide(state, input)
      },
    }
    this.#stage = await runStage(declaration, {
      environment: 'test',
      broker: this.#broker,
      codec: this.#codec,
      metrics: new StageMeters(this.metrics).forStage('crm-sink'),
      logger: silentLogger,
      clock: systemClock,
      ids: systemIds,
      random: { next: () => 0 },
      sha256Hex,
    })
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#stage?.stop()
    this.#stage = null
  }

  async feed(eventId: string): Promise<void> {
    const topic = topics.events.reservation
    const value = this.#codec.encode(topic, reservationEvent(eventId))
    await (
      await this.#appender
    ).append({ topic: topic.name, partition: partitionOf(key, 1), key, value })
    await this.settled(topic.name)
  }

  async redrive(letter: DeadLetter, stage = 'crm-sink'): Promise<void> {
    const value = this.#codec.encode(topics.redrive, { ...letter, replay_id: 'replay' })
    const headers = { [headerNames.stage]: stage }
    await (
      await this.#appender
    ).append({ topic: topics.redrive.name, partition: 0, key, value, headers })
    await this.settled(topics.redrive.name)
  }

  async redriveBytes(value: Buffer | null): Promise<void> {
    const headers = { [headerNames.stage]: 'crm-sink' }
    await (
      await this.#appender
    ).append({ topic: topics.redrive.name, partition: 0, key, value, headers })
    await this.settled(topics.redrive.name)
  }

  #log(topic: string) {
    return this.#broker.log({ topic, partition: 0 }).read(0, 100_000).records
  }

  crm(): CrmRecord[] {
    return this.#log(topics.crm.name).map(
      ({ value }) => this.#codec.decode(topics.crm, value ?? Buffer.alloc(0)) as CrmRecord,
    )
  }

  letters(): DeadLetter[] {
    return this.#log(letterTopic.name).map(
      ({ value }) => this.#codec.decode(letterTopic, value ?? Buffer.alloc(0)) as DeadLetter,
    )
  }

  /** What the changelog says now. */
  fold(): ChangelogFold<KeyedState<number>, { key: string; value: number | null }> {
    const fold = new ChangelogFold(new KeyedState<number>())
    for (const { key: name, value } of this.#log(topics.changelogs['crm-sink'].name)) {
      fold.take(String(name), value)
    }
    fold.finish(1, 'crm-sink', 0)
    return fold
  }

  /** Everything of the topic is decided. */
  async settled(topic: string): Promise<void> {
    const end = performance.now() + deadlineMs
    const { length } = this.#log(topic)
    while ((this.fold().progress(1)?.positions[topic] ?? 0) < length) {
      assert.ok(performance.now() < end, `timed out: ${topic}`)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

function firstOf(letters: readonly DeadLetter[]): DeadLetter {
  const [letter] = letters
  assert.ok(letter !== undefined)
  return letter
}

test('a letter that comes back is processed in place of its record, and only once', async () => {
  const world = await World.open()
  world.broken.add('a')
  await world.start()
  await world.feed('a')
  await world.feed('b')
  const letter = firstOf(world.letters())
  assert.equal(world.fold().letters.attemptOf(letter.dead_letter_id), 1)
  world.broken.clear()
  await world.redrive(letter)
  await world.redrive(letter)
  await world.restart()
  await world.redrive(letter)
  await world.stop()
  assert.deepEqual(
    world.crm().map(({ event_id, status }) => [event_id, status]),
    [
      ['b', '1'],
      ['a', '2'],
    ],
  )
  assert.deepEqual(world.redriven, [{ attempt: 1, replayId: 'replay' }])
  assert.equal(world.fold().letters.size, 0)
  assert.deepEqual(world.fold().progress(1)?.counts, { published: 2, duplicate: 2, dead_letter: 1 })
})

test('a letter that fails again is the same letter, one attempt later, and the earlier copy is void', async () => {
  const world = await World.open()
  world.broken.add('a')
  await world.start()
  await world.feed('a')
  const first = firstOf(world.letters())
  await world.redrive(first)
  const second = world.letters()[1]
  assert.ok(second !== undefined)
  assert.equal(second.dead_letter_id, first.dead_letter_id)
  assert.deepEqual(second.origin, first.origin)
  assert.deepEqual([second.attempt, second.replay_id], [2, 'replay'])
  world.broken.clear()
  await world.redrive(first)
  assert.deepEqual(world.crm(), [])
  await world.redrive(second)
  await world.stop()
  assert.equal(world.crm().length, 1)
})

test('what is for another stage, unknown or unreadable changes nothing and blocks nothing', async () => {
  const world = await World.open()
  world.broken.add('a')
  await world.start()
  await world.feed('a')
  const letter = firstOf(world.letters())
  world.broken.clear()
  await world.redrive(letter, 'accounting-sink')
  await world.redrive({ ...letter, dead_letter_id: 'f'.repeat(32) })
  await world.redrive({ ...letter, stage: 'accounting-sink' })
  await world.redrive({ ...letter, origin: { ...letter.origin, partition: 1 } })
  await world.redrive({ ...letter, origin: { ...letter.origin, topic: 'fleet.raw.v1' } })
  await world.redriveBytes(null)
  await world.redriveBytes(Buffer.from('no letter'))
  assert.deepEqual(world.crm(), [])
  await world.redrive(letter)
  await world.stop()
  assert.equal(world.crm().length, 1)
  // All but the one for another stage.
  assert.match(
    await world.metrics.text(),
    /^fleet_redrive_refused_total\{[^}]*"crm-sink"[^}]*\} 6\b/m,
  )
})

test('whatever is fed, broken, mended, sent back and restarted: every event has its effect once', async () => {
  const events = ['a', 'b', 'c'] as const
  const step = fc.oneof(
    fc.record({ kind: fc.constant('break' as const), event: fc.constantFrom(...events) }),
    fc.record({ kind: fc.constant('mend' as const), event: fc.constantFrom(...events) }),
    fc.record({ kind: fc.constant('send' as const), which: fc.nat(7) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      const world = await World.open()
      for (const event of events) world.broken.add(event)
      await world.start()
      for (const event of events) await world.feed(event)
      for (const each of steps) {
        if (each.kind === 'break') world.broken.add(each.event)
        else if (each.kind === 'mend') world.broken.delete(each.event)
        else if (each.kind === 'restart') await world.restart()
        else {
          const letters = world.letters()
          const letter = letters[each.which % letters.length]
          if (letter !== undefined) await world.redrive(letter)
        }
      }
      world.broken.clear()
      for (const letter of world.letters()) await world.redrive(letter)
      await world.stop()
      assert.deepEqual(
        world
          .crm()
          .map(({ event_id }) => event_id)
          .toSorted(),
        events,
      )
      assert.equal(world.fold().letters.size, 0)
      const ids = new Set(world.letters().map(({ dead_letter_id }) => dead_letter_id))
      for (const id of ids) {
        const letters = world.letters().filter(({ dead_letter_id }) => dead_letter_id === id)
        assert.deepEqual(
          letters.map(({ attempt }) => attempt),
          letters.map((_, index) => index + 1),
        )
      }
    }),
    { numRuns: 25 },
  )
})
