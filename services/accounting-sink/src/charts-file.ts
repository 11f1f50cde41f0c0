// The charts file on disk, and the one that comes with the service.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { utf8Bytes } from '@fleet/contracts'
import { FleetError, messageOf } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'

import type { Charts } from './core/chart.ts'
import { parseCharts } from './core/parse-charts.ts'

const ownFile = fileURLToPath(new URL('../charts.json', import.meta.url))

/** @throws FleetError CONFIG (fatal) with every problem of the file. */
export function readCharts(file: string = ownFile): Charts {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const message = `FLEET_LEDGER_CHARTS_FILE can't be read: ${messageOf(error)}`
    throw new FleetError('CONFIG', 'fatal', message, { cause: error })
  }
  const reading = parseCharts(text, part => sha256Hex(utf8Bytes(part)))
  if (reading.ok) return reading.charts
  const problems = reading.problems.map(problem => `\n  ${problem}`).join('')
  const message = `FLEET_LEDGER_CHARTS_FILE, ${file}, has mistakes:${problems}`
  throw new FleetError('CONFIG', 'fatal', message)
}
