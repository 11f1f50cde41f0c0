// What Kafka, the registry and Redis have in common here: a name, a port, a plan how to start, and a
// probe that says whether it really answers.

import type { ProcessPlan } from './processes.ts'

export type ComponentName = 'kafka' | 'registry' | 'redis'

export interface Component {
  readonly name: ComponentName
  readonly port: number
  /** The variable that moves the port, for the message when somebody else holds it. */
  readonly portVariable: string
  /** How long a start may take before it counts as failed. */
  readonly startMsMax: number
  /** Makes what the process needs (folders, configuration) and says how to start it. */
  prepare(): Promise<ProcessPlan>
  /** True once it serves requests. */
  answers(): Promise<boolean>
}
