import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { codeOf } from '@fleet/runtime'

import { loadTaxonomy, ownTaxonomy } from '../src/shell/load-taxonomy.ts'

test('the taxonomy of this service has what rental and car sharing need', () => {
  const { category, severity, version } = ownTaxonomy()
  assert.ok(version.length > 0)
  assert.deepEqual([...new Set(severity.values())], ['low', 'medium', 'high', 'critical'])
  assert.ok(category.reservation.has('no_show'))
  for (const word of ['damage', 'theft', 'breakdown']) assert.ok(category.incident.has(word), word)
  for (const word of ['parking_fine', 'toll', 'speeding']) {
    assert.ok(category.violation.has(word), word)
  }
})

test('a file that is missing or wrong stops the start and is named', () => {
  const thisFile = fileURLToPath(import.meta.url)
  for (const file of ['no/such/file.json', thisFile]) {
    assert.throws(
      () => loadTaxonomy(file),
      error =>
        codeOf(error) === 'TAXONOMY_INVALID' &&
        error instanceof Error &&
        error.message.includes(file),
    )
  }
})
