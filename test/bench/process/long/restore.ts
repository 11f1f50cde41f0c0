// How long a processor needs to remember a million ids again: all of them processed once, the service
// restarted, its own account of each task's restore read from its log. First from logs that nobody has
// cleaned, every version of every resource in them; then as Kafka's cleaner leaves them.

import { systemClock } from '@fleet/runtime'

import { events, usualPlan } from '../events.ts'
import { startLane } from '../lanes/lane.ts'
import { programs } from '../lanes/programs.ts'
import { cleanSoon, endsOf, isCleanedUpTo } from './clean-logs.ts'
import { until, withBench } from './with-bench.ts'
import type { LongBench, Processor } from './with-bench.ts'

const ids = Number(process.env['BENCH_IDS'] ?? 1_000_000)
/** Processed later, so that every partition begins a new segment. */
const moreIds = 2000
const partitions = 6
const startMsMax = 120_000
const cleaningMsMax = 300_000

async function measure(bench: LongBench): Promise<Record<string, unknown>> {
  bench.say(`loading ${ids} events, each with an id of its own`)
  const plan = { ...usualPlan, repeatedShare: 0, dataLength: 0 }
  await bench.loadRaw(events({ ...plan, count: ids }))
  const lane = startLane(
    programs.full,
    await bench.environment('restore', { BENCH_EXPECT: String(ids) }),
  )
  await lane.done
  await lane.stop()
  const uncleaned = await restarts(bench)
  bench.say('waiting for the log cleaner')
  await haveCleaned(bench, [...events({ ...plan, count: ids + moreIds })].slice(ids))
  return { ...uncleaned, cleaned: await restarts(bench) }
}

/** The median of three. */
async function restarts(bench: LongBench): Promise<Record<string, number>> {
  const rounds: Record<string, number>[] = []
  for (let round = 1; round <= 3; round++) {
    const processor = await bench.startProcessor('restore')
    await until('all tasks run', () => tasksOf(processor).length >= partitions, startMsMax)
    rounds.push(figuresOf(processor))
    bench.say(JSON.stringify(rounds.at(-1)))
    await processor.stop()
  }
  const byTime = rounds.toSorted((a, b) => (a['restore_s'] ?? 0) - (b['restore_s'] ?? 0))
  return { ...byTime[1] }
}

async function haveCleaned(bench: LongBench, more: readonly string[]): Promise<void> {
  const ends = await endsOf(bench.kafka)
  await cleanSoon(bench.kafka)
  await systemClock.sleep(1500)
  await bench.loadRaw(more)
  const processor = await bench.startProcessor('restore')
  const isDone = async (): Promise<boolean> => (await processor.records()) >= moreIds
  await until('the rest is processed', isDone, startMsMax)
  await processor.stop()
  await until('all is cleaned', () => isCleanedUpTo(bench.kafka, ends), cleaningMsMax)
}

/** The newest of each partition: one may be given back and taken again. */
function tasksOf({ log }: Processor) {
  const running = log.filter(line => line.event === 'task.running')
  return [...new Map(running.map(line => [line.partition, line])).values()]
}

function figuresOf(processor: Processor): Record<string, number> {
  const tasks = tasksOf(processor)
  const sum = (field: 'seen_ids' | 'changelog_records' | 'table_records'): number =>
    tasks.reduce((total, task) => total + (task[field] ?? 0), 0)
  const endMs = Math.max(...tasks.map(task => Date.parse(task.time ?? '')))
  const beginMs = Math.min(
    ...tasks.map(task => Date.parse(task.time ?? '') - (task.duration_ms ?? 0)),
  )
  const restoreS = (endMs - beginMs) / 1000
  const restored = sum('seen_ids')
  return {
    ids: restored,
    changelog_records: sum('changelog_records'),
    table_records: sum('table_records'),
    restore_s: restoreS,
    ids_per_s: Math.round(restored / restoreS),
    start_to_running_s: (endMs - processor.startedMs) / 1000,
    slowest_task_s: Math.max(...tasks.map(task => task.duration_ms ?? 0)) / 1000,
  }
}

await withBench('restore', partitions, measure)
