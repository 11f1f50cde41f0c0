// Endpoints for tests, read by the same code as an operator's file.

import assert from 'node:assert/strict'

import type { Endpoint } from '../src/endpoint.ts'
import { parseEndpoints } from '../src/endpoints.ts'

export const levySettings = {
  id: 'levy-demo',
  tenant_id: 'demo',
  source: 'levy',
  adapter: 'generic',
  secrets: [{ id: 'k1', ref: 'file:levy-demo.k1' }],
  signature: { header: 'X-Levy-Signature', prefix: 'sha256=' },
}

export function endpointOf(settings: Record<string, unknown>): Endpoint {
  const text = JSON.stringify({ version: 1, endpoints: [{ ...levySettings, ...settings }] })
  const reading = parseEndpoints(text, 'development')
  assert.ok(reading.ok, reading.ok ? '' : reading.problems.join('\n'))
  const [endpoint] = reading.endpoints
  assert.ok(endpoint !== undefined)
  return endpoint
}

const vendor = { signature: null }

export const levy = endpointOf({})
export const ump = endpointOf({ ...vendor, id: 'ump', source: 'ump', adapter: 'ump' })
export const smartcar = endpointOf({ ...vendor, id: 'sc', source: 'smartcar', adapter: 'smartcar' })
export const standardWebhooks = endpointOf({
  ...vendor,
  id: 'sw',
  source: 'partner',
  adapter: 'standard-webhooks',
})
export const everyAdapter = [levy, ump, smartcar, standardWebhooks] as const
