// The senders of a simulated world: two tenants, and both answers to one id with two contents.

import { parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'

const secrets = [{ id: 'k1', ref: 'file:none', not_before: null, not_after: null }]

const generic = {
  adapter: 'generic',
  enabled: true,
  secrets,
  signature: {
    header: 'x-signature',
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    prefix: 'sha256=',
    signed_content: '{body}',
    timestamp_header: null,
    freshness_seconds: null,
  },
  limits: { body_bytes: 262144, per_second: null },
  verify_armed_until: null,
}

const file = {
  version: 1,
  endpoints: [
    {
      ...generic,
      id: 'north',
      tenant_id: 'north',
      source: 'levy',
      on_id_conflict: 'dead_letter',
    },
    { ...generic, id: 'south', tenant_id: 'south', source: 'levy', on_id_conflict: 'count' },
    {
      id: 'cars',
      tenant_id: 'north',
      source: 'smartcar',
      adapter: 'smartcar',
      enabled: true,
      secrets,
      limits: { body_bytes: 262144, per_second: null },
      on_id_conflict: 'dead_letter',
      verify_armed_until: null,
    },
  ],
}

const reading = parseEndpoints(JSON.stringify(file), 'development')
if (!reading.ok) throw new Error(reading.problems.join('\n'))

export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  reading.endpoints.map(endpoint => [endpoint.id, endpoint]),
)
