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
  await fleetOrThrow(settings, ['schemas', 'register'])
  report('schemas registered')
}
