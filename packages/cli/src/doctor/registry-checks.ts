// The schema registry and the schemas of this release in it.

import { checkSchemas } from '@fleet/codec'
import { allTopics } from '@fleet/contracts'
import { messageOf } from '@fleet/runtime'
import { withRegistry } from '../registry.ts'
import type { Settings } from '../settings.ts'
import { listOf, unwell, well } from './check.ts'
import type { Check } from './check.ts'

const answerMsMax = 3000

export async function registryChecks({ registryUrl }: Settings): Promise<Check[]> {
  try {
    const subjects = await withRegistry(registryUrl, () => checkSchemas(registryUrl, allTopics))
    const registry = well('registry', `${await versionOf(registryUrl)} at ${registryUrl}`)
    const missing = subjects.filter(({ id }) => id === null).map(({ name }) => name)
    if (missing.length === 0) {
      return [registry, well('schemas', `all ${subjects.length} subjects are registered`)]
    }
    const detail = `${missing.length} of ${subjects.length} not registered: ${listOf(missing)}`
    return [registry, unwell('schemas', detail, 'fleet schemas register')]
  } catch (error) {
    return [
      unwell(
        'registry',
        messageOf(error),
        'DEMO=0 make up; if it stays so, make logs SERVICE=registry',
      ),
    ]
  }
}

/** Apicurio tells its version beside the Confluent API; other registries need not. */
async function versionOf(registryUrl: string): Promise<string> {
  try {
    const url = new URL('/apis/registry/v3/system/info', registryUrl)
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) })
    const info = (await response.json()) as { name?: unknown; version?: unknown }
    if (typeof info.name === 'string' && typeof info.version === 'string') {
      // Its name says "(In Memory)" whatever the storage is.
      return `${info.name.replace(/ \(.*\)$/, '')} ${info.version}`
    }
  } catch {
    // Not Apicurio: it answered the check of the schemas all the same.
  }
  return 'a registry of unknown version'
}
