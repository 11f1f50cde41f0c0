// A schema registry in memory, for tests: the same answers as the real one, and failures on demand.

import { allTopics, subjectOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { incompatibilities } from './compatibility.ts'
import { codecError } from './errors.ts'
import type { Compatibility, RegistryAdmin } from './registry-port.ts'
import { ownSchema } from './schema-files.ts'

export interface MemoryRegistry extends RegistryAdmin {
  /** While true every call rejects REGISTRY_UNREACHABLE. */
  down: boolean
  /** Calls so far, by method. */
  readonly calls: Record<string, number>
  /** Makes an id known without a subject; for writers' schemas that are not ours. */
  put(id: number, schema: string): void
}

/** Starts with our own schemas registered for these topics; pass none for an empty registry. */
export function memoryRegistry(topics: readonly Topic[] = allTopics): MemoryRegistry {
  const registry = new Memory()
  for (const topic of topics) {
    if (topic.schema === null) continue
    registry.add(subjectOf(topic), ownSchema(topic.schema).text)
  }
  return registry
}

class Memory implements MemoryRegistry {
  down = false
  readonly calls: Record<string, number> = {}
  readonly #schemas = new Map<number, string>()
  readonly #versions = new Map<string, number[]>()

  put(id: number, schema: string): void {
    this.#schemas.set(id, schema)
  }

  add(subject: string, schema: string): number {
    let id = this.#idOf(schema)
    if (id === undefined) {
      id = Math.max(0, ...this.#schemas.keys()) + 1
      this.#schemas.set(id, schema)
    }
    const versions = this.#versions.get(subject) ?? []
    if (!versions.includes(id)) this.#versions.set(subject, [...versions, id])
    return id
  }

  findSchema(id: number): Promise<string | null> {
    return this.#answer('findSchema', () => this.#schemas.get(id) ?? null)
  }

  findId(subject: string, schema: string): Promise<number | null> {
    return this.#answer('findId', () => {
      const id = this.#idOf(schema)
      return id !== undefined && this.#versions.get(subject)?.includes(id) === true ? id : null
    })
  }

  findVersion(subject: string, schema: string): Promise<number | null> {
    return this.#answer('findVersion', () => {
      const index = this.#versions.get(subject)?.indexOf(this.#idOf(schema) ?? -1) ?? -1
      return index === -1 ? null : index + 1
    })
  }

  checkCompatible(subject: string, schema: string): Promise<Compatibility> {
    return this.#answer('checkCompatible', () => this.#check(subject, schema))
  }

  requireCompatibility(_subject: string): Promise<void> {
    return this.#answer('requireCompatibility', () => undefined)
  }

  register(subject: string, schema: string): Promise<number> {
    return this.#answer('register', () => {
      const verdict = this.#check(subject, schema)
      if (!verdict.compatible) throw codecError('SCHEMA_INCOMPATIBLE', verdict.reason)
      return this.add(subject, schema)
    })
  }

  #check(subject: string, schema: string): Compatibility {
    for (const id of this.#versions.get(subject) ?? []) {
      const [reason] = incompatibilities(schema, this.#schemas.get(id) ?? '')
      if (reason !== undefined) return { compatible: false, reason }
    }
    return { compatible: true }
  }

  #idOf(schema: string): number | undefined {
    for (const [id, text] of this.#schemas) if (text === schema) return id
    return undefined
  }

  async #answer<T>(method: string, make: () => T): Promise<T> {
    await Promise.resolve()
    this.calls[method] = (this.calls[method] ?? 0) + 1
    if (this.down) throw codecError('REGISTRY_UNREACHABLE', 'The registry is down')
    return make()
  }
}
