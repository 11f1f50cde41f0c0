import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

import { awaitPipeline } from '../../src/demo/await-pipeline.ts'
import { IdealRun } from './ideal-run.ts'

/** Time passes only while something is waited for. */
async function waitFor(ideal: IdealRun, onRead: () => void = () => {}) {
  let nowMs = 0
  const told: string[] = []
  const clock = {
    wallMs: () => nowMs,
    elapsedMs: () => nowMs,
    sleep: () => Promise.resolve(),
    after: () => () => {},
  }
  const runTopics = {
    read: (waitMs: number) => {
      nowMs += waitMs
      onRead()
      return Promise.resolve()
    },
    readToEnd: () => Promise.resolve(),
  }
  const stopping = new AbortController()
  const late = await awaitPipeline({
    context: { clock, stopping: stopping.signal },
    runTopics,
    evidence: ideal.evidence(),
    tickSeconds: 5,
    tell: text => void told.push(text),
  })
  return { late, told, waitedMs: nowMs }
}

test('a pipeline that is done is not waited for', async () => {
  const { late, told, waitedMs } = await waitFor(new IdealRun())
  assert.deepEqual(late, [])
  assert.equal(waitedMs, 0)
  assert.equal(told.length, 3)
})

const lateStages: readonly (readonly [StageName, RegExp, number])[] = [
  [
    'processor',
    /^processor has not processed \d+ records .* after 30 s; try: fleet doctor$/,
    30_000,
  ],
  ['crm-sink', /^crm-sink has not processed \d+ records .* after 30 s; try: fleet doctor$/, 30_000],
  ['accounting-sink', /^accounting-sink has not processed \d+ records/, 30_000],
  ['alerting-router', /^alerting-router has not processed \d+ records/, 30_000],
  ['alerting-sink', /^alerting-sink has not processed the tick .* after 35 s/, 35_000],
  ['automation', /^automation has not processed \d+ records/, 30_000],
]

test('every stage may be the late one', () => {
  assert.deepEqual(
    lateStages.map(([stage]) => stage),
    [...stageNames],
  )
})

for (const [stage, complaint, waitMs] of lateStages) {
  test(`when ${stage} does not come to its end, it is named after a bounded wait`, async () => {
    const ideal = new IdealRun()
    ideal.stuck.add(stage)
    const { late, waitedMs } = await waitFor(ideal)
    assert.equal(late.length, 1)
    assert.match(late[0] ?? '', complaint)
    assert.ok(waitedMs >= waitMs && waitedMs < waitMs + 1000, String(waitedMs))
  })
}

test('without a tick behind the no-shows the router is named', async () => {
  const ideal = new IdealRun()
  const tick = ideal.records.find(({ value }) => value['kind'] === 'TICK')
  assert.ok(tick !== undefined)
  ideal.remove(tick)
  const { late } = await waitFor(ideal)
  assert.match(late[0] ?? '', /^alerting-router has written no tick/)
})
