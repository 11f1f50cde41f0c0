// Two processors, a million remembered ids on six partitions, a steady flow of events; one processor is
// killed without a goodbye. Until every partition gives output again: the takeover time. What was
// written is judged as a whole.

import { connectKafka } from '@fleet/kafka'
import type { RecordStream } from '@fleet/kafka'
import { topics } from '@fleet/contracts'

import { withAdmin } from '../bench-kafka.ts'
import { events, usualPlan } from '../events.ts'
import { expectedOf } from '../judge/expected.ts'
import { judgeFull } from '../judge/judge-lanes.ts'
import { load, signedRecords } from '../load.ts'
import { until, withBench } from './with-bench.ts'
import type { LongBench } from './with-bench.ts'

const ids = Number(process.env['BENCH_IDS'] ?? 1_000_000)
const partitions = 6
const flowPerSecond = 200
const flowSeconds = 60
const sessionTimeoutS = 10
const quietMs = 3000
const remembered = { ...usualPlan, count: ids, repeatedShare: 0, dataLength: 0 }
const flowing = {
  ...usualPlan,
  count: flowPerSecond * flowSeconds,
  dataLength: 0,
  seed: 2,
  idPrefix: 'flow-',
}

async function measure(bench: LongBench): Promise<Record<string, unknown>> {
  const { brokers } = bench.kafka
  bench.say(`loading ${ids} events, each with an id of its own`)
  await bench.loadRaw(events(remembered))
  const first = await bench.startProcessor('takeover')
  const second = await bench.startProcessor('takeover')
  const sum = async () => (await first.records()) + (await second.records())
  await until('all are remembered', async () => (await sum()) >= ids, 600_000)
  bench.say('all are remembered; events begin to flow')
  const output = await outputAppends(brokers)
  const flow = flowAtRate(brokers)
  await pause(8000)
  const killedMs = Date.now()
  second.kill()
  await flow
  await untilQuiet(brokers)
  output.stop()
  const tookS = [...output.firstAfter(killedMs)].map(([partition, atMs]) => ({
    partition,
    s: (atMs - killedMs) / 1000,
  }))
  bench.say(`first output after the kill: ${JSON.stringify(tookS)}`)
  await first.stop()
  const verdict = await judgeAll(bench)
  return {
    ids,
    session_timeout_s: sessionTimeoutS,
    takeover_s: Math.max(...tookS.map(({ s }) => s)),
    partitions_heard: tookS.length,
    wrong: verdict.wrong + Math.abs(partitions - tookS.length),
    problems: verdict.problems,
  }
}

/** Nothing more is written: the first processor has caught up. */
async function untilQuiet(brokers: string): Promise<void> {
  const outputs = [...Object.values(topics.events), topics.deadLetters.processor]
  let before = -1
  const isQuiet = (): Promise<boolean> =>
    withAdmin(brokers, async admin => {
      const offsets = await Promise.all(outputs.map(({ name }) => admin.offsets(name)))
      const written = offsets.flat().reduce((sum, { lastStable }) => sum + lastStable, 0)
      const isSame = written === before
      before = written
      return isSame
    })
  await until('all is processed', isQuiet, 300_000, quietMs)
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Appends the flow at its rate, a tenth of a second's worth at a time. */
async function flowAtRate(brokers: string): Promise<void> {
  async function* paced() {
    const started = performance.now()
    let sent = 0
    for (const text of events(flowing)) {
      const dueMs = (sent * 1000) / flowPerSecond
      const waitMs = dueMs - (performance.now() - started)
      if (waitMs > 0) await pause(waitMs)
      sent++
      yield text
    }
  }
  await load(brokers, paced(), await signedRecords(partitions))
}

/** Follows the event topics and notes when each partition's outputs were appended. */
async function outputAppends(brokers: string) {
  const names = Object.values(topics.events).map(({ name }) => name)
  const ends = await withAdmin(brokers, async admin => {
    const positions = []
    for (const topic of names) {
      for (const { partition, lastStable } of await admin.offsets(topic)) {
        positions.push({ topic, partition, offset: lastStable })
      }
    }
    return positions
  })
  const reader = await connectKafka({
    brokers: brokers.split(','),
    clientId: 'bench-output',
  }).openReader()
  const stream = reader.open(ends)
  const appends: { partition: number; atMs: number }[] = []
  const following = follow(stream, appends)
  return {
    stop: () => {
      following.stop()
      void reader.close()
    },
    firstAfter: (killedMs: number): ReadonlyMap<number, number> => {
      const first = new Map<number, number>()
      for (const { partition, atMs } of appends) {
        if (atMs <= killedMs) continue
        first.set(partition, Math.min(atMs, first.get(partition) ?? Infinity))
      }
      return first
    },
  }
}

function follow(stream: RecordStream, appends: { partition: number; atMs: number }[]) {
  let isStopped = false
  const go = async (): Promise<void> => {
    while (!isStopped) {
      const { records } = await stream.take(1000, 500)
      for (const { partition, timestampMs } of records) {
        appends.push({ partition, atMs: timestampMs })
      }
    }
  }
  void go().catch(() => {})
  return {
    stop: () => {
      isStopped = true
      stream.close()
    },
  }
}

async function judgeAll({ kafka }: LongBench) {
  function* all() {
    yield* events(remembered)
    yield* events(flowing)
  }
  return judgeFull({ brokers: kafka.brokers, partitions, expected: await expectedOf(all()) })
}

await withBench('takeover', partitions, measure)
