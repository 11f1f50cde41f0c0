// What the memory of a service's tasks says of itself, by stage: whether it is trusted, and how near it
// is to a limit of its own.

import type { TaskReport } from './run-stage.ts'
import type { StageMeters } from './stage-metrics.ts'

type TasksByStage = () => Iterable<readonly [stage: string, tasks: readonly TaskReport[]]>

export function addStateGauges(meters: StageMeters, tasksByStage: TasksByStage): void {
  meters.gauge(
    'fleet_stage_state_mismatch',
    'Partitions that do not start because their changelog differs from what was committed.',
    () =>
      [...tasksByStage()].map(([stage, tasks]) => ({
        value: tasks.filter(({ phase }) => phase === 'refused').length,
        labels: { stage },
      })),
  )
  meters.gauge(
    'fleet_stage_state_ratio',
    'How full the fullest task is, of what it may hold.',
    () => sizesOf(tasksByStage, '_max', (size, sizes, what) => (sizes[what] ?? 0) / size, Math.max),
  )
  meters.gauge(
    'fleet_stage_state_shed',
    'Forgotten early, for want of room, since the start.',
    () =>
      sizesOf(
        tasksByStage,
        '_shed',
        size => size,
        (left, right) => left + right,
      ),
  )
}

/** One value for each name that a state gives with the suffix, over all tasks of a stage. */
function sizesOf(
  tasksByStage: TasksByStage,
  suffix: string,
  read: (size: number, sizes: Record<string, number>, what: string) => number,
  join: (left: number, right: number) => number,
): { value: number; labels: Record<string, string> }[] {
  return [...tasksByStage()].flatMap(([stage, tasks]) => {
    const values = new Map<string, number>()
    for (const { sizes } of tasks) {
      for (const [name, size] of Object.entries(sizes)) {
        if (!name.endsWith(suffix)) continue
        const what = name.slice(0, -suffix.length)
        const value = read(size, sizes, what)
        const known = values.get(what)
        values.set(what, known === undefined ? value : join(known, value))
      }
    }
    return [...values].map(([what, value]) => ({ value, labels: { stage, what } }))
  })
}
