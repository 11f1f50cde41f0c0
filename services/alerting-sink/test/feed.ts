// Signals through all detectors, on a state that commits after each of them.

import { readFileSync } from 'node:fs'

import type { Alert, AlertSignal } from '@fleet/contracts'

import { AlertingState } from '../src/alerting-state.ts'
import { detect } from '../src/core/detect.ts'
import { parseDetectorSettings } from '../src/core/detector-settings.ts'
import type { DetectorSettings } from '../src/core/detector-settings.ts'

/** As the repository has them. */
export const defaultsFile = 'infra/alerts/detectors.json'

export function settingsOf(content: unknown): DetectorSettings {
  const parsed = parseDetectorSettings(content)
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  return parsed.settings
}

export const defaultsText = readFileSync(defaultsFile, 'utf8')
export const defaults = settingsOf(JSON.parse(defaultsText))

export function feedAll(
  signals: readonly AlertSignal[],
  memory = new AlertingState(),
  settings = defaults,
): Alert[] {
  return signals.flatMap(signal => {
    const { alerts, changes } = detect(memory, signal, settings)
    for (const change of changes) memory.stage(change)
    memory.commit()
    return [...alerts]
  })
}
