// Which faults come in which order. Lanes run side by side, the faults of one lane one after the other;
// each lane goes round its kinds in an order of the seed's until the phase ends, and no lane ends before
// each of its kinds had its turn.

import { seeded } from '../seeded.ts'
import type { Seeded } from '../seeded.ts'
import { brokerFaults } from './broker-faults.ts'
import { dataFaults } from './data-faults.ts'
import type { Fault, Lane } from './fault.ts'
import { lanes } from './fault.ts'
import { clockJumped, frozen, killed, rebalanced } from './process-faults.ts'
import { replayed } from './replay-faults.ts'
import { storeFaults } from './store-faults.ts'
import { wireFaults } from './wire-faults.ts'

/** Kills are the most frequent: every process has its turn in rotation. */
export const allFaults: readonly Fault[] = [
  ...Array.from({ length: 6 }, () => killed),
  clockJumped,
  frozen,
  rebalanced,
  ...brokerFaults,
  ...wireFaults,
  ...storeFaults,
  ...dataFaults,
  replayed,
]

/** The last of these comes after the judgement (partition-growth.ts). */
export const allKinds: readonly string[] = [
  ...new Set(allFaults.map(({ kind }) => kind)),
  'partitions_grown',
]

export interface LanePlan {
  readonly lane: Lane
  /** One round, each kind at least once. */
  round(): readonly Fault[]
  readonly random: Seeded
}

export function planLanes(seed: number, kinds: readonly string[]): LanePlan[] {
  return lanes
    .map(lane => {
      const faults = allFaults.filter(fault => fault.lane === lane && kinds.includes(fault.kind))
      const random = seeded(seed, lane)
      return { lane, faults, random, round: () => random.shuffled(faults) }
    })
    .filter(({ faults }) => faults.length > 0)
}
