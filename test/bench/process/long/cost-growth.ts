// CPU of an event with a hundred thousand behind it and with three million: memory fills, the cost of an
// event must not follow.

import { events, usualPlan } from '../events.ts'
import { startLane } from '../lanes/lane.ts'
import { programs } from '../lanes/programs.ts'
import type { Sample } from '../lanes/watch.ts'
import { withBench } from './with-bench.ts'
import type { LongBench } from './with-bench.ts'

const count = Number(process.env['BENCH_EVENTS'] ?? 3_000_000)
const sampleEvery = Math.floor(count / 60)
const partitions = 6
/** The code is compiled and the caches are warm after this many records. */
const early = Math.min(100_000, count / 10)

async function measure(bench: LongBench): Promise<Record<string, unknown>> {
  bench.say(`loading ${count} events`)
  await bench.loadRaw(events({ ...usualPlan, count, dataLength: 0 }))
  const settings = { BENCH_EXPECT: String(count), BENCH_SAMPLE_EVERY: String(sampleEvery) }
  const lane = startLane(programs.full, await bench.environment('cost', settings))
  const done = await lane.done
  await lane.stop()
  const windows = perThousand(lane.samples)
  for (const { records, cost } of windows) bench.say(`${records}: ${cost.toFixed(4)} CPU s/1,000`)
  const after = windows.filter(({ records }) => records > early)
  const size = Math.max(1, Math.floor(after.length / 12))
  const first = mean(after.slice(0, size))
  const last = mean(after.slice(-size))
  return {
    events: count,
    cpu_s_per_1000_at_1e5: Number(first.toFixed(4)),
    cpu_s_per_1000_at_end: Number(last.toFixed(4)),
    growth: Number((last / first).toFixed(3)),
    events_per_s: Math.round((count * 1000) / (done.t_end - done.t_first)),
    rss_mb: done.rss_mb,
  }
}

function perThousand(samples: readonly Sample[]): { records: number; cost: number }[] {
  return samples.slice(1).flatMap((sample, index) => {
    const before = samples[index]
    if (before === undefined) return []
    const cost = ((sample.cpu_s - before.cpu_s) * 1000) / (sample.records - before.records)
    return [{ records: sample.records, cost }]
  })
}

function mean(windows: readonly { cost: number }[]): number {
  return windows.reduce((sum, { cost }) => sum + cost, 0) / Math.max(1, windows.length)
}

await withBench('cost-growth', partitions, measure)
