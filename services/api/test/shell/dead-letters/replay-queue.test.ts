// Replays of one tenant wait for each other, those of another do not, and there are only so many.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyLetter } from '@fleet/dlq'
import type { ReplayProgress, ReplayStarted } from '@fleet/dlq'
import { FleetError, systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { openReplaysMax, ReplayQueue } from '../../../src/shell/dead-letters/replay-queue.ts'

function replayOf(tenant: string | null, id: string): ReplayStarted {
  return {
    kind: 'replay_started',
    replay_id: id,
    at: '2026-11-21T08:30:00Z',
    by: 'api:someone',
    reason: null,
    filter: { ...everyLetter, tenant },
    rate_per_second: 100,
    include_discarded: false,
    again: false,
    patch: null,
    ends: {},
  }
}

/** Each replay runs until the test ends it. */
function openQueue() {
  const running = new Map<string, { end: () => void; fail: (error: Error) => void }>()
  const failed: string[] = []
  const replayer = {
    run: ({ replay_id: id }: ReplayStarted): Promise<ReplayProgress> =>
      new Promise((resolve, reject) => {
        const counts = { matched: 0, sent: 0, refused: 0, refusals: {}, refused_letters: [] }
        const end = (): void => resolve({ replay_id: id, ...counts })
        running.set(id, { end, fail: reject })
      }),
    fail: (started: ReplayStarted, _progress: unknown, code: string): Promise<void> => {
      failed.push(`${started.replay_id} ${code}`)
      return Promise.resolve()
    },
  }
  const stop = new AbortController()
  const queue = new ReplayQueue({
    replayer,
    clock: systemClock,
    logger: silentLogger,
    stopping: stop.signal,
  })
  const add = (tenant: string | null, id: string): void => {
    assert.ok(queue.take(tenant))
    queue.add(replayOf(tenant, id))
  }
  /** Whatever is due has begun. */
  const settled = (): Promise<void> => systemClock.sleep(0)
  return { queue, add, running, failed, settled, stop }
}

test('a replay waits for those of its own tenant, and for nobody else’s', async () => {
  const { queue, add, running, settled } = openQueue()
  add('acme', 'a1')
  add('acme', 'a2')
  add('beta', 'b1')
  await settled()
  assert.deepEqual([...running.keys()].toSorted(), ['a1', 'b1'])
  assert.deepEqual([queue.isWaiting('a1'), queue.isWaiting('a2')], [false, true])
  running.get('a1')?.end()
  await settled()
  assert.equal(queue.isWaiting('a2'), false)
  for (const { end } of running.values()) end()
  await queue.idle()
  assert.equal(running.size, 3)
})

test('a replay over all tenants runs alone: behind what is open, before what comes later', async () => {
  const { queue, add, running, settled } = openQueue()
  for (const [tenant, id] of [
    ['acme', 'a1'],
    ['beta', 'b1'],
    [null, 'p1'],
    ['acme', 'a2'],
    [null, 'p2'],
  ] as const) {
    add(tenant, id)
  }
  const ended = new Set<string>()
  const underWay = (): string[] => [...running.keys()].filter(id => !ended.has(id)).toSorted()
  for (const [expected, ending] of [
    [
      ['a1', 'b1'],
      ['a1', 'b1'],
    ],
    [['p1'], ['p1']],
    [['a2'], ['a2']],
    [['p2'], ['p2']],
  ] as const) {
    await settled()
    assert.deepEqual(underWay(), expected)
    for (const id of ending) {
      running.get(id)?.end()
      ended.add(id)
    }
  }
  await queue.idle()
})

test('a tenant has only so many open, another has its own', async () => {
  const { queue, add, running, settled } = openQueue()
  for (let made = 0; made < openReplaysMax; made++) add('acme', `a${made}`)
  assert.equal(queue.take('acme'), false)
  assert.equal(queue.take('beta'), true)
  queue.give('beta')
  await settled()
  running.get('a0')?.end()
  await settled()
  assert.equal(queue.take('acme'), true)
})

test('what fails for good is written down, and the next of its tenant runs', async () => {
  const { queue, add, running, failed, settled } = openQueue()
  add('acme', 'a1')
  add('acme', 'a2')
  await settled()
  running.get('a1')?.fail(new FleetError('LETTER_BROKEN', 'poison', 'broken'))
  await settled()
  assert.deepEqual(failed, ['a1 LETTER_BROKEN'])
  running.get('a2')?.end()
  await queue.idle()
})

const passing: [string, Error][] = [
  ['transient', new FleetError('APPEND_FAILED', 'transient', 'the connection was lost')],
  ['fatal', new FleetError('READER_BROKEN', 'fatal', 'the connection was lost')],
  ['Kafka client’s own', Object.assign(new Error('no leader'), { name: 'KafkaJSProtocolError' })],
]
for (const [name, error] of passing) {
  test(`a ${name} failure ends no replay: it goes on, here or in the next process`, async () => {
    const { queue, add, running, failed, settled, stop } = openQueue()
    add('acme', 'a1')
    await settled()
    running.get('a1')?.fail(error)
    await settled()
    stop.abort()
    await queue.idle()
    assert.deepEqual(failed, [])
  })
}
