// The accounting sink: billing, violation and incident events → balanced journal entries.

export { codes } from './errors.ts'
export { accountingSink } from './stage.ts'
