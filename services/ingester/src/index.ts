// The edge as a value, for programs and tests that bring their own ports.

export { startEdge } from './edge.ts'
export type { EdgePorts } from './edge.ts'
export { codes } from './errors.ts'
