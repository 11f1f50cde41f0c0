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
export { ChangelogFold } from './changelog.ts'
export type { TableSource } from './changelog.ts'
export { codes } from './errors.ts'
export { driveStage, StageDriver } from './drive-stage.ts'
export type { DrivenOutput, DriveOptions, PipedRecord } from './drive-stage.ts'
export { KeyedState, keyedChangeBytes } from './keyed-state.ts'
export type { KeyedChange } from './keyed-state.ts'
export { orderByDay } from './order-by-day.ts'
export { barrierKey, encodeProgress, progressKey } from './progress.ts'
export type { Progress } from './progress.ts'
export { PartitionLogs } from './rebuild/partition-logs.ts'
export type { LogSources } from './rebuild/partition-logs.ts'
export { asRebuildable, runRebuildProgram } from './rebuild/rebuild-program.ts'
export type { RebuildableStage, RebuildRules } from './rebuild/rebuildable.ts'
export { rebuildStage } from './rebuild/rebuild-stage.ts'
export type { RebuildRequest, StageRebuild } from './rebuild/rebuild-stage.ts'
export { asOnlyWriter, commitNothing, rewriteChangelog } from './rebuild/rewrite-changelog.ts'
export type { Commit, Rewritten } from './rebuild/rewrite-changelog.ts'
export { readStandpoint } from './rebuild/standpoint.ts'
export { readPartition } from './read-partition.ts'
export type { PartitionSlice } from './read-partition.ts'
export { StateHash } from './state-hash.ts'
export type { StateMark } from './state-hash.ts'
export { runStage } from './run-stage.ts'
export type { RunningStage, StageDependencies, TaskReport } from './run-stage.ts'
export { StageMeters } from './stage-metrics.ts'
export type { StageMetrics } from './stage-metrics.ts'
export { asStage } from './stage-service.ts'
export type { AnyStage, StageService, StageServiceSettings } from './stage-service.ts'
export { startStages, startView } from './start-stages.ts'
export type { View, ViewRecord } from './view-task.ts'
