// From a seed to its plan.

import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

import { Chance } from './chance.ts'
import { faultsOf, troublesOf } from './faults.ts'
import type { Plan, PlannedFault, Shape } from './plan.ts'
import { workload } from './workload.ts'

export const startWallMs = Date.UTC(2026, 2, 1, 8)

export function makePlan(seed: number): Plan {
  const chance = new Chance(seed, 'shape')
  const flood = chance.happens(0.04)
  const shape: Shape = {
    partitions: flood ? 1 : chance.pick([1, 2, 2, 3]),
    processes: processesOf(chance),
    windowHours: chance.pick([0.005, 1, 1, 24, 168]),
    horizonDays: chance.pick([1, 1, 400]),
    tickMs: chance.pick([1000, 2000, 5000]),
    latencyTargetMs: flood ? 100 : chance.pick([5, 100]),
    healAtMs: chance.integer(9000, 16_000),
  }
  const records = workload(new Chance(seed, 'workload'), shape, {
    records: flood ? 260 : chance.integer(200, 230),
    flood,
    startWallMs,
  })
  const troubles = troublesOf(new Chance(seed, 'troubles'), shape)
  const count = chance.integer(14, 20)
  const faults = faultsOf(new Chance(seed, 'faults'), shape, count, troubles)
  if (flood) faults.push(...floodFaults(chance, records))
  return { seed, shape, records, faults }
}

/** A flood is about what happens between the transactions of one take: they end where bytes do. */
function floodFaults(chance: Chance, records: Plan['records']): PlannedFault[] {
  const middle = records[Math.floor(records.length / 2)]?.atMs ?? 0
  return [15, 40, 300, 600].map((laterMs, index) => ({
    number: 100 + index,
    atMs: middle + chance.integer(1, laterMs),
    fault: { kind: 'commit', stage: 'processor', how: { kind: 'aborted', share: 1 } },
  }))
}

/** Two or three processes; the first always runs everything, so that no stage is left without one. */
function processesOf(chance: Chance): StageName[][] {
  const count = chance.pick([2, 2, 3])
  return Array.from({ length: count }, (_, index) =>
    index === 0 || chance.happens(0.6)
      ? [...stageNames]
      : stageNames.filter(() => chance.happens(0.6)),
  )
}
