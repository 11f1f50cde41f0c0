// How long a processor needs to remember a million ids again: all of them processed once, the service
// restarted, its own account of each task's restore read from its log.

import { events, usualPlan } from '../events.ts'
import { startLane } from '../lanes/lane.ts'
import { programs } from '../lanes/programs.ts'
import { until, withBench } from './with-bench.ts'
import type { LongBench, Processor } from './with-bench.ts'

const ids = Number(process.env['BENCH_IDS'] ?? 1_000_000)
const partitions = 6
const startMsMax = 120_000

async function measure(bench: LongBench): Promise<Record<string, unknown>> {
  bench.say(`loading ${ids} events, each with an id of its own`)
  await bench.loadRaw(events({ ...usualPlan, count: ids, repeatedShare: 0, dataLength: 0 }))
  const lane = startLane(
    programs.full,
    await bench.environment('restore', { BENCH_EXPECT: String(ids) }),
  )
  await lane.done
  await lane.stop()
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

function tasksOf({ log }: Processor) {
  return log.filter(line => line.event === 'task.running')
}

function figuresOf(processor: Processor): Record<string, number> {
  const tasks = tasksOf(processor)
  const sum = (field: 'seen_ids' | 'changelog_records'): number =>
    tasks.reduce((total, task) => total + (task[field] ?? 0), 0)
  const endMs = Math.max(...tasks.map(task => Date.parse(task.time ?? '')))
  const beginMs = Math.min(
    ...tasks.map(task => Date.parse(task.time ?? '') - (task.duration_ms ?? 0)),
  )
  const restoreS = (endMs - beginMs) / 1000
  return {
    ids: sum('seen_ids'),
    changelog_records: sum('changelog_records'),
    restore_s: restoreS,
    ids_per_s: Math.round(ids / restoreS),
    start_to_running_s: (endMs - processor.startedMs) / 1000,
    slowest_task_s: Math.max(...tasks.map(task => task.duration_ms ?? 0)) / 1000,
  }
}

await withBench('restore', partitions, measure)
