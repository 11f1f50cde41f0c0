// What the registry said, kept beside the service's data so that it starts while the registry is down.
// Only a copy: a missing, damaged or unwritable file costs the next start its independence, no more.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface CachedRegistry {
  /** Ids of our own schemas by subject. */
  subjects: Record<string, number>
  /** Schema texts by id. */
  schemas: Record<string, string>
  /** Ids that were denied long enough for their values to be poison. */
  denied: readonly number[]
}

export function readCacheFile(path: string): CachedRegistry {
  try {
    const content = JSON.parse(readFileSync(path, 'utf8')) as Partial<CachedRegistry> | null
    return {
      subjects: only(content?.subjects, value => Number.isSafeInteger(value)),
      schemas: only(content?.schemas, value => typeof value === 'string'),
      denied: numbersIn(content?.denied),
    }
  } catch {
    return { subjects: {}, schemas: {}, denied: [] }
  }
}

/** Replaces the file in one step, so that a crash leaves the old or the new one. */
export function writeCacheFile(path: string, content: CachedRegistry): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const next = `${path}.${process.pid}.next`
    writeFileSync(next, `${JSON.stringify(content, null, 1)}\n`)
    renameSync(next, path)
  } catch {
    // The next start needs the registry; nothing of this run depends on the file.
  }
}

function only<Value>(
  entries: Record<string, Value> | undefined,
  fits: (value: unknown) => boolean,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([, value]) => fits(value)))
}

/** A release that did not write them has none. */
function numbersIn(value: unknown): number[] {
  return Array.isArray(value) ? value.filter(Number.isSafeInteger) : []
}
