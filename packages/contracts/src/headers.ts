// Names of record headers and the CloudEvents headers of a normalized event.

import { encodeKeyPart } from './partition-key.ts'

export const headerNames = {
  /** 32 bytes: provenance MAC of a raw record. */
  mac: 'fleet_mac',
  /** Id of the key that made it. */
  macKeyId: 'fleet_mac_kid',
  /** W3C trace context. */
  traceparent: 'traceparent',
  /** On fleet.redrive.v1: the stage the dead letter goes back to. */
  stage: 'fleet_stage',
} as const

export interface CloudEventFacts {
  eventId: string
  tenantId: string
  source: string
  eventType: string
  resourceType: string
  resourceId: string
  /** RFC 3339, UTC. */
  occurredAt: string
}

/** CloudEvents 1.0 in Kafka's binary content mode. */
export function cloudEventHeaders(facts: CloudEventFacts): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: facts.eventId,
    ce_source: sourcePath(facts.tenantId, facts.source),
    ce_type: facts.eventType,
    ce_time: facts.occurredAt,
    ce_subject: `${encodeKeyPart(facts.resourceType)}/${encodeKeyPart(facts.resourceId)}`,
    'content-type': 'application/avro',
  }
}

/** Made once where a tenant has one source, as most have. Tenants are an operator's, not a sender's. */
const sourcePaths = new Map<string, { readonly source: string; readonly path: string }>()
const sourcePathsMax = 4096

function sourcePath(tenantId: string, source: string): string {
  const known = sourcePaths.get(tenantId)
  if (known?.source === source) return known.path
  const path = `/tenants/${encodeKeyPart(tenantId)}/sources/${encodeKeyPart(source)}`
  if (known !== undefined || sourcePaths.size < sourcePathsMax) {
    sourcePaths.set(tenantId, { source, path })
  }
  return path
}
