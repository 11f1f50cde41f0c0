// What must exist before a service starts: secrets, topics, registered schemas. Each is made only where
// it is missing.

import { fleetOrThrow } from './fleet-command.ts'
import { makeMissingSecrets } from './secrets.ts'
import type { LocalSettings } from './settings.ts'

export async function prepareContracts(
  settings: LocalSettings,
  report: (text: string) => void,
): Promise<void> {
  const made = makeMissingSecrets(settings)
  report(made.length === 0 ? 'secrets are there' : `secrets made at random: ${made.join(', ')}`)
  await fleetOrThrow(settings, ['topics', 'apply'])
  report('topics applied')
  if (settings.platform.controlPlane === 'on') await makeFirstKey(settings, report)
  await fleetOrThrow(settings, ['schemas', 'register'])
  report('schemas registered')
}

/** Shown this once: it is kept nowhere. The control plane begins with the endpoints file. */
async function makeFirstKey(
  settings: LocalSettings,
  report: (text: string) => void,
): Promise<void> {
  const text = await fleetOrThrow(settings, ['keys', 'bootstrap', '--with-endpoints', '--json'])
  const { key } = JSON.parse(text) as { key: string | null }
  if (key === null) report('the control plane has an admin key already')
  else report(`first admin key, shown this once: ${key}`)
}
