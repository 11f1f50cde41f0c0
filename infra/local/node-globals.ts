// What built programs take for these globals. On `globalThis` they are accessors, which the engine asks
// at each use; a percent of a processor under load went there.

export { Buffer } from 'node:buffer'
