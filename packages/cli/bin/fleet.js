#!/usr/bin/env node
// Starts the command from its TypeScript sources: natively where Node strips types by itself, else
// through tsx. There is no build step.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const stripsTypes = major > 22 || (major === 22 && minor >= 18)

if (!stripsTypes) {
  const { register } = await import('tsx/esm/api')
  register()
}
await import('../src/main.ts')
