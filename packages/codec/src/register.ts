// The deploy step: brings the schemas of this release into the registry, or only checks them.
// Services never register; they look up what was registered here.

import { subjectOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { httpRegistry } from './http-registry.ts'
import type { RegistryAdmin } from './registry-port.ts'
import { schemaOfTopic } from './schema-files.ts'

export interface SubjectStatus {
  name: string
  /** Null while this schema is not registered. */
  version: number | null
  id: number | null
  compatible: boolean
  /** Why not; only with `compatible: false`. */
  reason?: string
}

/**
 * Makes FULL_TRANSITIVE the rule of each subject and registers its schema; registering again changes
 * nothing. An incompatible schema is reported, the others are registered all the same.
 * @throws FleetError REGISTRY_UNREACHABLE (transient) | REGISTRY_REFUSED (fatal)
 */
export function registerSchemas(
  registry: string | RegistryAdmin,
  topics: readonly Topic[],
): Promise<SubjectStatus[]> {
  return eachSubject(registry, topics, async (admin, name, schema) => {
    await admin.requireCompatibility(name)
    const verdict = await admin.checkCompatible(name, schema)
    if (!verdict.compatible) return { name, version: null, id: null, ...verdict }
    const id = await admin.register(name, schema)
    return { name, version: await admin.findVersion(name, schema), id, compatible: true }
  })
}

/** What registerSchemas would find, without changing anything. */
export function checkSchemas(
  registry: string | RegistryAdmin,
  topics: readonly Topic[],
): Promise<SubjectStatus[]> {
  return eachSubject(registry, topics, async (admin, name, schema) => {
    const id = await admin.findId(name, schema)
    if (id !== null) {
      return { name, version: await admin.findVersion(name, schema), id, compatible: true }
    }
    return { name, version: null, id: null, ...(await admin.checkCompatible(name, schema)) }
  })
}

/** One after the other: the registry writes to a log, and order makes its ids repeatable. */
async function eachSubject(
  registry: string | RegistryAdmin,
  topics: readonly Topic[],
  handle: (admin: RegistryAdmin, name: string, schema: string) => Promise<SubjectStatus>,
): Promise<SubjectStatus[]> {
  const admin = typeof registry === 'string' ? httpRegistry(registry) : registry
  const statuses: SubjectStatus[] = []
  for (const topic of topics) {
    if (topic.schema === null) continue
    statuses.push(await handle(admin, subjectOf(topic), schemaOfTopic(topic).text))
  }
  return statuses
}
