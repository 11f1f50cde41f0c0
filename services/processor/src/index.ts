// Raw deliveries to normalized events and resource states: the processor's declaration.

export { processorStage } from './stage.ts'
export type { ProcessorDependencies, ProcessorSettings } from './stage.ts'
