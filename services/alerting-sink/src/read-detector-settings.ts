// Reads the file of detector settings, once, at start: what a detector goes by changes only with a start,
// and every alert names the version.

import { readFileSync } from 'node:fs'
import { FleetError, messageOf } from '@fleet/runtime'

import { parseDetectorSettings } from './core/detector-settings.ts'
import type { DetectorSettings } from './core/detector-settings.ts'

/** @throws FleetError CONFIG (fatal): with everything that is wrong with the file. */
export function readDetectorSettings(file: string): DetectorSettings {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw invalid(file, [messageOf(error)])
  }
  const parsed = parseDetectorSettings(content)
  if (!parsed.ok) throw invalid(file, parsed.problems)
  return parsed.settings
}

function invalid(file: string, problems: readonly string[]): FleetError {
  const lines = problems.map(problem => `\n  ${problem}`).join('')
  return new FleetError('CONFIG', 'fatal', `detector settings ${file}:${lines}`)
}
