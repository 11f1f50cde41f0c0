// What a rebuild must know of a stage beyond its declaration.

import type { Topic } from '@fleet/contracts'

import type { StageDeclaration, TaskState } from '../declaration.ts'

export interface RebuildRules {
  /**
   * Refuses to begin anywhere but at the beginning of the inputs: its memory reaches further back than they
   * do, and what is missing would be wrong for good.
   */
  readonly needsWholeInputs: boolean
  /** Outputs whose partition the task of that partition alone writes: what it decides is held against them. */
  readonly ownOutputs: readonly Topic[]
  /**
   * The tick that wrote an output, milliseconds; null: a record did. With it only ticks that wrote something
   * then write something now, so that a downtime is not made up for. Without it every tick was on time.
   */
  tickOf?(output: unknown): number | null
}

export interface RebuildableStage<State extends TaskState<Change>, Change> {
  readonly declaration: StageDeclaration<State, Change>
  readonly rules: RebuildRules
}
