// Reads the taxonomy file, once, at the start: a file with any mistake stops the service.

import { readFileSync } from 'node:fs'

import { FleetError, messageOf } from '@fleet/runtime'

import { parseTaxonomy } from '../core/parse-taxonomy.ts'
import type { Taxonomy } from '../core/taxonomy.ts'

const ownFile = new URL('../../taxonomy.json', import.meta.url)

/** The file that comes with this service, for whoever runs the stage without settings. */
export function ownTaxonomy(): Taxonomy {
  return loadTaxonomy(ownFile)
}

export function loadTaxonomy(file: string | URL): Taxonomy {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(file, [`can't be read: ${messageOf(error)}`])
  }
  const reading = parseTaxonomy(text)
  if (!reading.ok) throw invalid(file, reading.problems)
  return reading.taxonomy
}

function invalid(file: string | URL, problems: readonly string[]): FleetError {
  const lines = problems.map(problem => `  ${problem}`).join('\n')
  return new FleetError('TAXONOMY_INVALID', 'fatal', `The taxonomy ${String(file)}:\n${lines}`)
}
