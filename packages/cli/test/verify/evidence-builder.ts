// Evidence as a healthy pipeline leaves it: raw deliveries run through the real processor stage.

import { readFileSync } from 'node:fs'

import { domains, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery, ResourceState } from '@fleet/contracts'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { identify, parseEndpoints, toRawDelivery } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { driveStage } from '@fleet/stage'

import { processorStage } from '../../../../services/processor/src/index.ts'
import type { CommonEvent, PartitionEvidence } from '../../src/verify/evidence.ts'
import type { ModelSettings } from '../../src/verify/model.ts'

const file = readFileSync(
  new URL('../../../../infra/local/endpoints.json', import.meta.url),
  'utf8',
)
const reading = parseEndpoints(file, 'development')
if (!reading.ok) throw new Error(reading.problems.join('\n'))
const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))

export const modelSettings: ModelSettings = {
  windowHours: 168,
  skewSeconds: 300,
  horizonDays: 400,
  endpoints,
  platform,
}

const startMs = Date.UTC(2026, 10, 21, 8)

export interface Sample {
  endpoint: string
  body: unknown
}

function rawOf(endpoint: Endpoint, body: unknown, atMs: number): [string, RawDelivery] {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const headers = { 'webhook-id': `msg-${atMs}` }
  const identified = identify(endpoint, bytes, headers, atMs * 1000, platform)
  if (identified.kind !== 'records') throw new Error('not a delivery')
  const part = identified.parts[0]
  if (part === undefined) throw new Error('no part')
  const origin = {
    deliveryId: `d-${atMs}`,
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: atMs * 1000,
    remoteIp: null,
    headers: { 'content-type': 'application/json' },
    body: bytes,
    bodySha256: Buffer.alloc(32),
    signatureScheme: 'generic/hmac-sha256',
    signatureKeyId: 'k1',
  }
  return [part.key, toRawDelivery(origin, part)]
}

/** What the topics hold of one partition after these samples went through. */
export function healthyEvidence(samples: readonly Sample[]): PartitionEvidence {
  const stage = processorStage({
    settings: {
      dedupeWindowHours: 168,
      maxSkewSeconds: 300,
      stateHorizonDays: 400,
      seenIdsMax: 100_000,
    },
    keyRing: () => ProvenanceKeyRing.parse('{"keys":[]}'),
    endpoints: () => endpoints,
    platform,
  })
  // One partition in all, so that every key belongs on it.
  const drive = driveStage(stage, { partition: 0, partitionCount: 1 })
  const evidence: PartitionEvidence = {
    partition: 0,
    partitionCount: 1,
    rawStart: 0,
    raw: [],
    processedUpTo: samples.length,
    events: [],
    deadLetters: [],
    state: [],
    unreadable: [],
  }
  for (const [offset, { endpoint: id, body }] of samples.entries()) {
    const endpoint = endpoints.get(id)
    if (endpoint === undefined) throw new Error(`no endpoint ${id}`)
    const appendedAtMs = startMs + offset * 1000
    const [key, delivery] = rawOf(endpoint, body, appendedAtMs)
    evidence.raw.push({ offset, appendedAtMs, key, provenance: 'ok', delivery })
    const decision = drive.pipe(topics.raw, {
      key,
      value: delivery,
      timestampMs: appendedAtMs,
      offset,
    })
    if (decision.verdict !== 'dead_letter') continue
    const letter = {
      error_code: decision.refusal?.code ?? '',
      origin: { topic: topics.raw.name, partition: 0, offset },
    } as DeadLetter
    const { length } = evidence.deadLetters
    evidence.deadLetters.push({
      topic: topics.deadLetters.processor.name,
      offset: length,
      letter,
    })
  }
  for (const domain of domains) {
    const topic = topics.events[domain]
    for (const [offset, { key, value }] of drive.outputs(topic).entries()) {
      evidence.events.push({ topic: topic.name, offset, key, event: value as CommonEvent })
    }
  }
  for (const [offset, { key, value }] of drive.outputs(topics.state).entries()) {
    const state = value as ResourceState | null
    evidence.state.push({ topic: topics.state.name, offset, key, state })
  }
  return evidence
}
