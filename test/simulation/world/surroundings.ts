// What a simulated process and its parts see of the world around them.

import type { MemoryBroker } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'

import type { Chance } from '../plan/chance.ts'
import type { Place } from '../plan/plan.ts'
import type { ArmedFaults } from './armed-faults.ts'
import type { Lifeline } from './lifeline.ts'

export interface Surroundings {
  readonly world: Clock
  readonly broker: MemoryBroker
  readonly faults: ArmedFaults
  readonly chance: Chance
  /** Time a request takes to arrive; in the world's time, since nobody calls it back. */
  readonly request: () => Promise<void>
  /** Resolves when the registry answers; rejects while it is down. */
  readonly registryAnswers: () => Promise<void>
  /** How wrong the wall clock of a process is. */
  readonly skewMs: (process: number) => number
  /** A process died where its plan said. */
  readonly diedAt: (place: Place) => void
  /** A process ended by itself, which no fault explains. */
  readonly complain: (process: number, message: string) => void
}

export interface ProcessSurroundings extends Surroundings {
  readonly life: Lifeline
  /** The process dies now and is started again after `downMs`. */
  readonly die: (downMs: number) => void
}
