// The endpoints of a state as the edge and the processor use them. Each definition is read once; one
// that this version can't read is left out and named, the others stay in force.

import type { Endpoint, EndpointSecret } from '@fleet/sources'
import { readDefinition } from './decide-endpoint.ts'
import type { DefinitionReading } from './decide-endpoint.ts'
import { mayDeliver } from './api-key.ts'
import type { ApiKeyRecord, EndpointRecord, SecretRecord } from './records.ts'
import type { ControlState } from './state.ts'

interface CatalogEntry {
  readonly endpoint: Endpoint
  readonly secrets: readonly SecretRecord[]
  /** Keys of its senders, where they can't sign. */
  readonly apiKeys: readonly ApiKeyRecord[]
}

export interface CatalogReading {
  readonly entries: ReadonlyMap<string, CatalogEntry>
  /** Of the entries, for those who need no more. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** By endpoint id, why it is not in force. */
  readonly problems: ReadonlyMap<string, string>
  /** Settings that are followed and protect less than they could. */
  readonly warnings: readonly string[]
}

export class EndpointCatalog {
  readonly #mode: 'development' | 'production'
  readonly #readings = new WeakMap<EndpointRecord, DefinitionReading>()

  constructor(mode: 'development' | 'production') {
    this.#mode = mode
  }

  read(state: ControlState): CatalogReading {
    const secrets = new Map<string, SecretRecord[]>()
    for (const secret of state.secrets.values()) {
      const own = secrets.get(secret.endpoint_id)
      if (own === undefined) secrets.set(secret.endpoint_id, [secret])
      else own.push(secret)
    }
    const entries = new Map<string, CatalogEntry>()
    const problems = new Map<string, string>()
    const warnings: string[] = []
    const apiKeys = [...state.apiKeys.values()].filter(key => key.scopes.includes('events:write'))
    for (const record of state.endpoints.values()) {
      const reading = this.#readings.get(record) ?? readDefinition(record, this.#mode)
      this.#readings.set(record, reading)
      if (!reading.ok) {
        problems.set(record.id, reading.problems.join('; '))
        continue
      }
      // A record sealed for another tenant can't open; it is not this endpoint's secret.
      const own = (secrets.get(record.id) ?? []).filter(at => at.tenant_id === record.tenant_id)
      const endpoint = { ...reading.endpoint, secrets: own.map(endpointSecret) }
      warnings.push(...reading.warnings.map(text => `${record.id}: ${text}`))
      const takesKeys = endpoint.auth === 'api-key'
      const keys = takesKeys ? apiKeys.filter(key => mayDeliver(key, record)) : []
      entries.set(record.id, { endpoint, secrets: own, apiKeys: keys })
    }
    const endpoints = new Map([...entries].map(([id, { endpoint }]) => [id, endpoint]))
    return { entries, endpoints, problems, warnings }
  }
}

function endpointSecret({ id, source, ...times }: SecretRecord): EndpointSecret {
  return {
    id,
    ref: 'ref' in source ? source.ref : '',
    notBeforeMs: timeMs(times.not_before),
    notAfterMs: timeMs(times.not_after),
  }
}

function timeMs(text: string | null): number | null {
  return text === null ? null : Date.parse(text)
}
