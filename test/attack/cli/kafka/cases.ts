// Commands that are killed while they write to Kafka, several that do the same at once, and filters that
// look like everything. In this order: the first ones make the topics the others need.

import assert from 'node:assert/strict'
import { topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import type { Ended, Running, World } from './world.ts'

export interface KafkaAttack {
  readonly row: 'cli-at-once' | 'cli-killed' | 'cli-everything'
  readonly name: string
  run(world: World): Promise<void>
}

const deadlineMs = 120_000
const stack = /\bat .+\.(?:ts|js):\d+|node_modules/

const told = ({ code, output, errors }: Ended): string => `${code} ${output}${errors}`

function expectTidy(ended: readonly Ended[], ...codes: readonly number[]): void {
  for (const each of ended) {
    assert.ok(each.code !== null && codes.includes(each.code), told(each))
    assert.doesNotMatch(each.output + each.errors, stack)
  }
}

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  while (!(await condition())) {
    assert.ok(systemClock.elapsedMs() - startedMs < deadlineMs, `it did not happen: ${what}`)
    await systemClock.sleep(20)
  }
}

function atOnce(world: World, count: number, ...argv: readonly string[]): Promise<Ended[]> {
  return Promise.all(Array.from({ length: count }, () => world.fleet(...argv)))
}

async function openLetters(world: World, tenant: string): Promise<string[]> {
  const list = ['dlq', 'list', '--tenant', tenant, '--limit', '1000', '--json']
  const { output, errors } = await world.fleet(...list)
  const { letters } = JSON.parse(output || errors) as { letters: { id: string }[] }
  return letters.map(({ id }) => id)
}

/** Never said twice with different letters, however often it is sent. */
async function expectAllSent(
  world: World,
  ids: readonly string[],
  copiesMax: number,
): Promise<void> {
  const sent = await world.sent(ids)
  const missing = ids.filter(id => !sent.some(letter => letter.dead_letter_id === id))
  assert.deepEqual(missing, [], 'letters that were never sent')
  assert.ok(sent.length <= copiesMax, `${sent.length} copies of ${ids.length} letters`)
  // What makes the stage take none of them twice.
  assert.ok(sent.every(({ attempt, origin_value: value }) => attempt === 1 && value !== null))
}

const setups: KafkaAttack[] = [
  {
    row: 'cli-at-once',
    name: 'topics apply on an empty Kafka, twice: all topics, no drift',
    run: async world => {
      expectTidy(await atOnce(world, 2, 'topics', 'apply'), 0, 1)
      expectTidy([await world.fleet('topics', 'apply')], 0)
      const plan = await world.fleet('topics', 'plan')
      assert.equal(plan.code, 0, told(plan))
    },
  },
  {
    row: 'cli-at-once',
    name: 'schemas register, twice: one version of each',
    run: async world => {
      expectTidy(await atOnce(world, 2, 'schemas', 'register'), 0)
      const { output } = await world.fleet('schemas', 'check', '--json')
      const { subjects } = JSON.parse(output) as { subjects: { version: number }[] }
      assert.ok(subjects.length > 5 && subjects.every(({ version }) => version === 1), output)
    },
  },
  {
    row: 'cli-at-once',
    name: 'keys bootstrap, twice: one first admin key',
    run: async world => {
      const ended = await atOnce(world, 2, 'keys', 'bootstrap', '--with-endpoints', '--json')
      expectTidy(ended, 0, 1, 3)
      const made = ended.filter(({ output }) => output.includes('flk_'))
      assert.equal(made.length, 1, ended.map(told).join('\n'))
      const again = await world.fleet('keys', 'bootstrap', '--json')
      assert.deepEqual(JSON.parse(again.output), { made: false, key: null })
    },
  },
]

const rate = 25
const letterCount = 100
const batchMax = Math.min(rate, 50)

async function replayIdOf({ errors }: Running): Promise<string> {
  let id: string | undefined
  await until('the replay has begun', () => {
    id = /^replay (\S+)$/m.exec(errors())?.[1]
    return id !== undefined
  })
  return id ?? ''
}

/** Started, and ended by the signal once so many more letters were sent. */
async function interrupted(
  world: World,
  argv: readonly string[],
  ids: readonly string[],
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<{ replayId: string; ended: Ended }> {
  const before = (await world.sent(ids)).length
  const running = world.start(argv)
  const replayId = await replayIdOf(running)
  await until('letters are sent', async () => (await world.sent(ids)).length > before)
  running.child.kill(signal)
  return { replayId, ended: await running.ended }
}

const killed: KafkaAttack[] = [
  {
    row: 'cli-killed',
    name: 'dlq replay, killed twice in the middle: it goes on, every letter is sent, few twice',
    run: async world => {
      const tenant = 'killed'
      const ids = await world.makeLetters(letterCount, tenant)
      const first = ['dlq', 'replay', '--tenant', tenant, '--rate', String(rate)]
      const { replayId, ended } = await interrupted(world, first, ids, 'SIGKILL')
      assert.equal(ended.code, null)
      const left = (await openLetters(world, tenant)).length
      assert.ok(left > 0 && left <= letterCount, `${left} letters are open`)
      const resume = ['dlq', 'replay', '--resume', replayId]
      await interrupted(world, resume, ids, 'SIGKILL')
      const done = await world.fleet(...resume, '--json')
      assert.equal(done.code, 0, told(done))
      const { matched, sent } = JSON.parse(done.output) as { matched: number; sent: number }
      assert.deepEqual([matched, sent], [letterCount, letterCount])
      assert.deepEqual(await openLetters(world, tenant), [])
      // Of each killing at most the batch that was on its way is sent again.
      await expectAllSent(world, ids, letterCount + 2 * batchMax)
      const copies = await world.sent(ids)
      assert.ok(copies.every(letter => letter.replay_id === replayId))
      const again = await world.fleet(...resume)
      expectTidy([again], 0, 2)
      assert.equal((await world.sent(ids)).length, copies.length, 'it sent what was done')
    },
  },
  {
    row: 'cli-killed',
    name: 'dlq replay, stopped by SIGTERM: it says how to go on, and sends nothing twice',
    run: async world => {
      const tenant = 'stopped'
      const ids = await world.makeLetters(letterCount, tenant)
      const first = ['dlq', 'replay', '--tenant', tenant, '--rate', String(rate)]
      const { replayId, ended } = await interrupted(world, first, ids, 'SIGTERM')
      expectTidy([ended], 1)
      assert.ok(ended.errors.includes(`fleet dlq replay --resume ${replayId}`), told(ended))
      const done = await world.fleet('dlq', 'replay', '--resume', replayId)
      assert.equal(done.code, 0, told(done))
      await expectAllSent(world, ids, letterCount)
      assert.deepEqual(await openLetters(world, tenant), [])
    },
  },
  {
    row: 'cli-killed',
    name: 'topics apply, schemas register and keys bootstrap, killed: the next one finishes',
    run: async world => {
      for (const argv of [
        ['topics', 'apply'],
        ['schemas', 'register'],
        ['keys', 'bootstrap'],
      ]) {
        const running = world.start(argv)
        await systemClock.sleep(900)
        running.child.kill('SIGKILL')
        await running.ended
        const next = await world.fleet(...argv)
        assert.equal(next.code, 0, told(next))
      }
    },
  },
]

const together: KafkaAttack[] = [
  {
    row: 'cli-at-once',
    name: 'two replays of the same letters: each sent once or twice, none left open',
    run: async world => {
      const tenant = 'twice'
      const ids = await world.makeLetters(50, tenant)
      expectTidy(await atOnce(world, 2, 'dlq', 'replay', '--tenant', tenant), 0, 1)
      await expectAllSent(world, ids, 100)
      assert.deepEqual(await openLetters(world, tenant), [])
    },
  },
  {
    row: 'cli-at-once',
    name: 'a replay and a discard of the same letters: each is settled',
    run: async world => {
      const tenant = 'settled'
      const ids = await world.makeLetters(50, tenant)
      const ended = await Promise.all([
        world.fleet('dlq', 'replay', '--tenant', tenant),
        world.fleet('dlq', 'discard', '--tenant', tenant, '--reason', 'noise'),
      ])
      expectTidy(ended, 0, 1)
      assert.ok((await world.sent(ids)).length <= ids.length)
      assert.deepEqual(await openLetters(world, tenant), [])
    },
  },
]

const looksLikeAll = [
  ['--tenant', '*'],
  ['--tenant', ''],
  ['--tenant', '__proto__'],
  ['--code', '%'],
  ['--type', '.*'],
]

const everything: KafkaAttack[] = [
  {
    row: 'cli-everything',
    name: 'a tenant, a code or a type that looks like all is none: nothing is sent',
    run: async world => {
      await world.makeLetters(5, 'kept')
      const before = await world.countOf(topics.redrive)
      const asked = looksLikeAll.map(option => world.fleet('dlq', 'replay', ...option))
      expectTidy(await Promise.all(asked), 0, 1, 2)
      assert.equal(await world.countOf(topics.redrive), before)
      assert.equal((await openLetters(world, 'kept')).length, 5)
    },
  },
  {
    row: 'cli-everything',
    name: 'a replay, a letter or a resource that is none: said, and nothing written',
    run: async world => {
      const before = await world.countOf(topics.redrive)
      const ended = await Promise.all([
        world.fleet('dlq', 'replay', '--resume', '*'),
        world.fleet('dlq', 'replay', 'f'.repeat(32)),
        world.fleet('dlq', 'show', 'f'.repeat(32)),
      ])
      expectTidy(ended, 1, 2)
      assert.equal(await world.countOf(topics.redrive), before)
    },
  },
]

export const kafkaAttacks: readonly KafkaAttack[] = [
  ...setups,
  ...killed,
  ...together,
  ...everything,
]
