// What a service shows of its stages: health, readiness and metrics, whether the stages run in this
// thread or in others.

import type { Scope } from '@fleet/runtime'
import { startOperationsServer } from '@fleet/telemetry'

import type { RunningStage, TaskReport } from './run-stage.ts'
import { StageMeters } from './stage-metrics.ts'
import type { StageService } from './stage-service.ts'
import { addStateGauges } from './state-gauges.ts'

/** The part of a running stage that is looked at. */
export type ShownStage = Pick<RunningStage, 'name' | 'checks' | 'tasks'>

export interface Surface {
  readonly meters: StageMeters
  show(stage: ShownStage): void
  /** Shows it, stops it with the service, and fails the service when it fails. */
  add(running: RunningStage): void
}

export async function openSurface(service: StageService): Promise<Surface> {
  const { settings, metrics, scope } = service
  const shown: ShownStage[] = []
  const meters = new StageMeters(metrics)
  addGauges(meters, shown)
  const server = await startOperationsServer({
    host: settings.host,
    port: settings.healthPort,
    metrics,
    checks: () => ({
      ...(shown.length === 0 ? { starting: 'not yet joined' } : {}),
      ...mergedChecks(shown),
      ...service.checks?.(),
    }),
  })
  scope.onClose('operations server', () => server.close())
  return {
    meters,
    show: stage => void shown.push(stage),
    add: running => {
      shown.push(running)
      keep(running, scope)
    },
  }
}

export function keep(running: RunningStage, scope: Scope): void {
  scope.onClose(running.name, () => running.stop())
  running.failed.catch((error: unknown) => scope.fail(error))
}

function addGauges(meters: StageMeters, shown: readonly ShownStage[]): void {
  const sumOfTasks = (name: string, help: string, read: (task: TaskReport) => number): void => {
    meters.gauge(name, help, () =>
      [...tasksByStage(shown)].map(([stage, tasks]) => ({
        value: tasks.reduce((sum, task) => sum + read(task), 0),
        labels: { stage },
      })),
    )
  }
  sumOfTasks(
    'fleet_dead_letters',
    'Dead letters written by this process’s tasks.',
    ({ counts }) => counts['dead_letter'] ?? 0,
  )
  sumOfTasks('fleet_stage_lag', 'Committed records not yet processed.', ({ lag }) => lag)
  sumOfTasks(
    'fleet_stage_lag_unknown',
    'Partitions of this process whose lag nobody can tell: not running, not yet read, or Kafka is away.',
    ({ isLagKnown }) => (isLagKnown ? 0 : 1),
  )
  sumOfTasks('fleet_stage_tasks', 'Partitions owned by this process.', () => 1)
  addStateGauges(meters, () => tasksByStage(shown))
  meters.gauge('fleet_stage_state', 'What the state of this process’s tasks holds.', () =>
    [...tasksByStage(shown)].flatMap(([stage, tasks]) => {
      const sums = new Map<string, number>()
      for (const { sizes } of tasks) {
        for (const [what, size] of Object.entries(sizes)) {
          sums.set(what, (sums.get(what) ?? 0) + size)
        }
      }
      return [...sums].map(([what, value]) => ({ value, labels: { stage, what } }))
    }),
  )
}

function tasksByStage(shown: readonly ShownStage[]): Map<string, TaskReport[]> {
  const byStage = new Map<string, TaskReport[]>()
  for (const stage of shown) {
    byStage.set(stage.name, [...(byStage.get(stage.name) ?? []), ...stage.tasks()])
  }
  return byStage
}

/** Stages of one process name some checks alike: what is not ok is what counts. */
function mergedChecks(shown: readonly ShownStage[]): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const stage of shown) {
    for (const [check, state] of Object.entries(stage.checks())) {
      if (merged[check] === undefined || merged[check] === 'ok') merged[check] = state
    }
  }
  return merged
}
