// Automation: events open tasks for people and systems, ticks move them on, later events close them.

export { parsePolicies } from './core/parse-policies.ts'
export type { Policies } from './core/policies.ts'
export { workflows } from './core/workflows.ts'
export { readPolicies } from './shell/policies-file.ts'
export { automation } from './stage.ts'
