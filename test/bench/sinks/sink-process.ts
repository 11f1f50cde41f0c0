// One sink service in a process of its own, and what its metrics say of each of its stages.

import type { StageName } from '@fleet/contracts'

import { freePorts } from '../../../infra/local/index.ts'
import { builtServices } from '../../../infra/local/service-plans.ts'
import { cpuSecondsOf } from '../process/cpu-time.ts'
import { startProgram } from '../process/lanes/lane.ts'
import { metricsAt } from '../process/lanes/watch.ts'

/** The projector is no stage and has their metrics. */
export type MeasuredName = StageName | 'projector'

export interface StageLook {
  /** `fleet_stage_lag`: committed records it has not processed. */
  readonly lag: number
  /** Decided and committed. */
  readonly records: number
}

export interface SinkProcess {
  readonly service: string
  isReady(): Promise<boolean>
  look(): Promise<Map<MeasuredName, StageLook>>
  cpuSeconds(): number
  stop(): Promise<void>
  kill(): void
}

export async function startSink(
  service: string,
  portVariable: string,
  environment: Readonly<Record<string, string>>,
): Promise<SinkProcess> {
  const [port = 0] = await freePorts(1)
  const { [service]: program = '' } = await builtServices()
  const settings = { ...environment, [portVariable]: String(port) }
  const { child, stop } = startProgram(program, settings, [], line => {
    process.stderr.write(`${line}\n`)
  })
  return {
    service,
    isReady: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null)
      return answer?.ok === true
    },
    look: async () => stagesIn(await metricsAt(port)),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    stop,
    kill: () => void child.kill('SIGKILL'),
  }
}

function stagesIn(metrics: string): Map<MeasuredName, StageLook> {
  const looks = new Map<MeasuredName, StageLook>()
  for (const [, name, stage, value] of metrics.matchAll(
    /^fleet_stage_(lag|records_total)\{[^}]*stage="([^"]+)"[^}]*\} (\S+)/gm,
  )) {
    const before = looks.get(stage as MeasuredName) ?? { lag: 0, records: 0 }
    const number = Number(value)
    looks.set(
      stage as MeasuredName,
      name === 'lag'
        ? { ...before, lag: before.lag + number }
        : { ...before, records: before.records + number },
    )
  }
  return looks
}
