// Raw deliveries to normalized events and resource states: the processor's declaration.

export { codes } from './errors.ts'
export { processorStage } from './stage.ts'
export type { ProcessorDependencies, ProcessorSettings } from './stage.ts'
