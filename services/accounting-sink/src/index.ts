// The accounting sink: billing, violation and incident events → balanced journal entries.

export { accountingSink } from './stage.ts'
