import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaitingLimit } from '../../src/core/waiting-limit.ts'

const limits = { max: 1000, mostMax: 4000, waitMsMax: 2000 }

interface Acknowledgements {
  readonly fromMs: number
  readonly seconds: number
  readonly perSecond: number
  readonly waitedMs: number
  /** Default: short. */
  readonly turnMs?: number
  /** How many wait; default: few. */
  readonly waiting?: number
}

function acknowledge(limit: WaitingLimit, given: Acknowledgements): number {
  const { fromMs, seconds, perSecond, waitedMs, turnMs = 2, waiting = 10 } = given
  for (let i = 0; i < seconds * perSecond; i++) {
    const nowMs = fromMs + (i * 1000) / perSecond
    limit.admits(waiting)
    limit.stored(nowMs - waitedMs, nowMs, turnMs)
  }
  return fromMs + seconds * 1000
}

test('while some of what is stored was quick, as many may wait as ever', () => {
  const limit = new WaitingLimit(limits)
  acknowledge(limit, { fromMs: 0, seconds: 5, perSecond: 100, waitedMs: 2000 })
  assert.equal(limit.value, 1000)
  for (let ms = 5000; ms < 10_000; ms += 10) {
    limit.stored(ms - (ms % 400 === 0 ? 5 : 7000), ms, 2)
  }
  assert.equal(limit.value, 1000)
})

test('where all of it waited too long, as many may wait as Kafka takes in the time', () => {
  const limit = new WaitingLimit(limits)
  acknowledge(limit, { fromMs: 0, seconds: 5, perSecond: 200, waitedMs: 5000 })
  assert.ok(limit.value >= 390 && limit.value <= 410, String(limit.value))
})

test('a tenth may wait however little Kafka takes', () => {
  const limit = new WaitingLimit(limits)
  acknowledge(limit, { fromMs: 0, seconds: 20, perSecond: 2, waitedMs: 7000 })
  assert.equal(limit.value, 100)
})

test('it grows again when waiting is short, and stays while it is about what it should be', () => {
  const limit = new WaitingLimit(limits)
  let nowMs = acknowledge(limit, { fromMs: 0, seconds: 5, perSecond: 100, waitedMs: 5000 })
  const low = limit.value
  nowMs = acknowledge(limit, { fromMs: nowMs, seconds: 5, perSecond: 100, waitedMs: 1500 })
  assert.equal(limit.value, low)
  acknowledge(limit, { fromMs: nowMs, seconds: 5, perSecond: 100, waitedMs: 20 })
  assert.equal(limit.value, 1000)
})

test('more may wait, as many as there can be, where they wait for turns of the process itself', () => {
  const limit = new WaitingLimit(limits)
  const own = { seconds: 1, perSecond: 1000, waitedMs: 900, turnMs: 400 }
  let nowMs = acknowledge(limit, { ...own, fromMs: 0, waiting: 999 })
  assert.equal(limit.value, 1000)
  nowMs = acknowledge(limit, { ...own, fromMs: nowMs, waiting: 1000 })
  assert.equal(limit.value, 2000)
  nowMs = acknowledge(limit, { ...own, fromMs: nowMs, waiting: 1500 })
  assert.equal(limit.value, 2000)
  acknowledge(limit, { ...own, fromMs: nowMs, seconds: 9, waiting: 4000 })
  assert.equal(limit.value, 4000)
})

test('what few use is taken back, and all of it where Kafka is what they wait for', () => {
  const own = { seconds: 9, perSecond: 1000, waitedMs: 900, turnMs: 400, waiting: 4000 }
  const limit = new WaitingLimit(limits)
  let nowMs = acknowledge(limit, { ...own, fromMs: 0 })
  nowMs = acknowledge(limit, { ...own, fromMs: nowMs, waiting: 300 })
  assert.equal(limit.value, 1000)
  nowMs = acknowledge(limit, { ...own, fromMs: nowMs })
  assert.equal(limit.value, 4000)
  acknowledge(limit, { fromMs: nowMs, seconds: 2, perSecond: 200, waitedMs: 3000, waiting: 4000 })
  assert.ok(limit.value >= 390 && limit.value <= 410, String(limit.value))
})

test('waiting that a long turn does not explain is Kafka’s', () => {
  const limit = new WaitingLimit(limits)
  acknowledge(limit, { fromMs: 0, seconds: 5, perSecond: 200, waitedMs: 5000, turnMs: 1000 })
  assert.ok(limit.value >= 390 && limit.value <= 410, String(limit.value))
})
