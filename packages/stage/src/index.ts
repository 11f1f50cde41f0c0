// The consume loop and what a stage declares. Nothing here knows a business word.

export type {
  ChangelogRecord,
  Count,
  DeadLetterFacts,
  Decision,
  Emit,
  EmitRecord,
  Input,
  Refusal,
  StageDeclaration,
  TaskContext,
  TaskState,
  TickContext,
} from './declaration.ts'
export { codes } from './errors.ts'
export { driveStage, StageDriver } from './drive-stage.ts'
export type { DrivenOutput, DriveOptions, PipedRecord } from './drive-stage.ts'
export { KeyedState } from './keyed-state.ts'
export type { KeyedChange } from './keyed-state.ts'
export { runStage } from './run-stage.ts'
export type { RunningStage, StageDependencies, TaskReport } from './run-stage.ts'
export { StageMeters } from './stage-metrics.ts'
export type { StageMetrics } from './stage-metrics.ts'
export { asStage, startStages, startView } from './start-stages.ts'
export type { AnyStage, StageService, StageServiceSettings } from './start-stages.ts'
export type { View, ViewRecord } from './view-task.ts'
