// One processor and two, on twice the usual partitions, alternating; outputs judged.

import { events, usualPlan } from '../events.ts'
import { median } from '../figures.ts'
import { expectedOf } from '../judge/expected.ts'
import type { Expected } from '../judge/expected.ts'
import { judgeFull } from '../judge/judge-lanes.ts'
import { until, withBench } from './with-bench.ts'
import type { LongBench } from './with-bench.ts'

const partitions = 12
const plan = { ...usualPlan, count: Number(process.env['BENCH_EVENTS'] ?? 300_000) }
const rounds = 3

interface Round {
  readonly events_per_s: number
  readonly cpu_s_per_1000: number
  readonly wrong: number
}

async function measure(bench: LongBench): Promise<Record<string, unknown>> {
  bench.say(`loading ${plan.count} events into ${partitions} partitions`)
  await bench.loadRaw(events(plan))
  const expected = await expectedOf(events(plan))
  const one: Round[] = []
  const two: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    one.push(await run(bench, `one-${round}`, 1, expected))
    two.push(await run(bench, `two-${round}`, 2, expected))
  }
  return {
    partitions,
    one: summary(one),
    two: summary(two),
    wrong: [...one, ...two].reduce((sum, { wrong }) => sum + wrong, 0),
  }
}

async function run(
  bench: LongBench,
  name: string,
  instances: number,
  expected: Expected,
): Promise<Round> {
  await bench.resetOutputs()
  const processors = await Promise.all(
    Array.from({ length: instances }, () => bench.startProcessor(name)),
  )
  const sum = async (): Promise<number> => {
    const records = await Promise.all(processors.map(processor => processor.records()))
    return records.reduce((all, count) => all + count, 0)
  }
  let firstMs = 0
  await until(
    'the first record',
    async () => {
      const askedMs = Date.now()
      if ((await sum()) > 0) return true
      firstMs = askedMs
      return false
    },
    60_000,
    25,
  )
  await until('all records', async () => (await sum()) >= plan.count, 600_000)
  const seconds = (Date.now() - firstMs) / 1000
  const cpu = processors.reduce((all, processor) => all + processor.cpuSeconds(), 0)
  await Promise.all(processors.map(processor => processor.stop()))
  const { brokers } = bench.kafka
  const { wrong } = await judgeFull({ brokers, partitions, expected })
  const round = {
    events_per_s: Math.round(plan.count / seconds),
    cpu_s_per_1000: Number(((cpu * 1000) / plan.count).toFixed(4)),
    wrong,
  }
  bench.say(`${name}: ${JSON.stringify(round)}`)
  return round
}

function summary(all: readonly Round[]) {
  return {
    events_per_s: median(all.map(round => round.events_per_s)),
    cpu_s_per_1000: median(all.map(round => round.cpu_s_per_1000)),
  }
}

await withBench('two-instances', partitions, measure)
