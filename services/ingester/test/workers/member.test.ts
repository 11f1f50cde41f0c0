// A worker with a primary that the test plays.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FleetError } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'
import type { Look, WorkerMessage } from '../../src/workers/look.ts'
import { PoolMember } from '../../src/workers/member.ts'
import { manualClock } from './manual-clock.ts'

const own: Look = { checks: { kafka: 'ok' }, metrics: 'n_total 1\n' }

function openMember() {
  const clock = manualClock()
  const sent: WorkerMessage[] = []
  let hear: (message: unknown) => void = () => {}
  const channel = {
    send: (message: WorkerMessage) => void sent.push(message),
    onMessage: (listener: (message: unknown) => void) => void (hear = listener),
  }
  const member = new PoolMember(channel, clock)
  const stopping = new AbortController()
  const closers: (() => Promise<void> | void)[] = []
  const failures: unknown[] = []
  const scope: Scope = {
    onClose: (_name, close) => void closers.push(close),
    fail: error => void failures.push(error),
    stopping: stopping.signal,
  }
  const show = member.shownAs(() => Promise.resolve(own))
  return {
    clock,
    sent,
    member,
    scope,
    stopping,
    closers,
    failures,
    show,
    hear: (m: unknown) => hear(m),
  }
}

test('it reports when asked, every second, and once more at the end', async () => {
  const { clock, sent, member, scope, stopping, closers, hear } = openMember()
  await member.run(scope, () => Promise.resolve())
  await turn()
  assert.deepEqual(sent, [{ fleet: 'report', ask: null, look: own }])
  hear({ fleet: 'report', ask: 7 })
  await turn()
  assert.deepEqual(sent[1], { fleet: 'report', ask: 7, look: own })
  clock.advance(1000)
  await turn()
  assert.equal(sent.length, 3)
  stopping.abort()
  for (const close of closers) await close()
  assert.equal(sent.length, 4)
})

test('it shows what the primary says of all', async () => {
  const { sent, show, hear } = openMember()
  const shown = show()
  const all: Look = { checks: { workers: 'ok' }, metrics: 'n_total 2\n' }
  assert.deepEqual(sent, [{ fleet: 'show', ask: 1 }])
  hear({ fleet: 'shown', ask: 1, look: all })
  assert.deepEqual(await shown, all)
})

test('a primary that does not answer is a failed check beside its own picture', async () => {
  const { clock, show } = openMember()
  const shown = show()
  clock.advance(2000)
  const { checks, metrics } = await shown
  assert.equal(checks['kafka'], 'ok')
  assert.match(checks['workers'] ?? '', /took longer than 2000 ms/)
  assert.equal(metrics, own.metrics)
})

const fatal = new FleetError('LISTEN_FAILED', 'fatal', 'taken')
const told = [{ fleet: 'fatal', code: 'LISTEN_FAILED', message: 'taken' }]

test('what ends it for good is told before it ends, at the start and later', async () => {
  const atStart = openMember()
  await assert.rejects(
    atStart.member.run(atStart.scope, () => Promise.reject(fatal)),
    fatal,
  )
  assert.deepEqual(atStart.sent, told)

  const later = openMember()
  let fail = (_error: unknown): void => {}
  await later.member.run(later.scope, telling => {
    fail = error => telling.fail(error)
    return Promise.resolve()
  })
  fail(fatal)
  assert.deepEqual(
    later.sent.filter(({ fleet }) => fleet === 'fatal'),
    told,
  )
  assert.deepEqual(later.failures, [fatal])
})

test('an accident is not told: a successor may well do better', async () => {
  const { member, scope, sent } = openMember()
  await assert.rejects(member.run(scope, () => Promise.reject(new Error('a bug'))))
  assert.deepEqual(sent, [])
})
