// The samples on their way through the pure parts of the product: signed, verified, identified and decided
// again by the model of `fleet verify`, which shares no code with the processor.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { partitionOf } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import {
  identify,
  parseEndpoints,
  signDelivery,
  toRawDelivery,
  verifyDelivery,
} from '@fleet/sources'
import type { Endpoint, Identified, Verification } from '@fleet/sources'

import type { DemoRun } from '../../src/demo/samples/demo-run.ts'
import type { Sample, Story } from '../../src/demo/samples/sample.ts'
import { demoStories } from '../../src/demo/samples/stories.ts'
import { signedBytes, signedAtMs } from '../../src/demo/sign-sample.ts'
import type { RawFact } from '../../src/verify/evidence.ts'
import { runModel } from '../../src/verify/model.ts'
import type { Expectation } from '../../src/verify/model.ts'

export const run: DemoRun = {
  id: 'k3x9q2',
  nowMs: Date.parse('2026-11-21T08:00:00.123Z'),
  tenantId: 'demo',
  bodyBytesMax: 262_144,
  noShowCount: 6,
}

export const stories: readonly Story[] = demoStories(run)
export const samples: readonly Sample[] = stories.flatMap(story => story.samples)

const file = new URL('../../../../infra/local/endpoints.json', import.meta.url)
const reading = parseEndpoints(readFileSync(file, 'utf8'), 'development')
assert.ok(reading.ok)
export const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))

export function endpointOf({ endpointId }: Sample): Endpoint {
  const endpoint = endpoints.get(endpointId)
  assert.ok(endpoint !== undefined)
  return endpoint
}

const secret = Buffer.from('a secret of the test')

function headersOf(sample: Sample): Record<string, string> {
  if (sample.signing === 'none') return {}
  const delivery = {
    body: signedBytes(sample),
    id: sample.eventId,
    nowMs: signedAtMs(sample, run.nowMs),
  }
  const headers = signDelivery(endpointOf(sample), secret, delivery, platform)
  assert.ok(headers !== null)
  return headers
}

/** What the edge says of its signature. */
export function verificationOf(sample: Sample): Verification {
  const secrets = [{ id: 'k1', key: secret, notBeforeMs: null, notAfterMs: null }]
  const request = { headers: headersOf(sample), body: sample.body, nowMs: run.nowMs }
  return verifyDelivery(endpointOf(sample), secrets, request, platform)
}

/** What the edge makes of its content. */
export function identityOf(sample: Sample): Identified {
  const received = run.nowMs * 1000
  return identify(endpointOf(sample), sample.body, headersOf(sample), received, platform)
}

export interface Arrival {
  sample: Sample
  records: ArrivedRecord[]
}

interface ArrivedRecord {
  partition: number
  raw: RawFact & { delivery: RawDelivery }
  end: Expectation
}

export const partitionCount = 6

/** The samples in the order of their stories, accepted, written and decided. */
export function arrivals(): Arrival[] {
  const logs = Array.from({ length: partitionCount }, (): ArrivedRecord['raw'][] => [])
  const written: { sample: Sample; at: { partition: number; raw: ArrivedRecord['raw'] }[] }[] = []
  for (const sample of samples) {
    if (sample.expected.answer !== 'accepted') continue
    const identified = identityOf(sample)
    assert.ok(identified.kind === 'records', sample.title)
    const at = identified.parts.map(part => {
      const { key } = part
      const partition = partitionOf(key, partitionCount)
      const log = logs[partition]
      assert.ok(log !== undefined)
      const delivery = rawDelivery(sample, part)
      const offset = log.length
      const raw = { offset, appendedAtMs: run.nowMs, key, provenance: 'ok', delivery }
      log.push(raw)
      return { partition, raw }
    })
    written.push({ sample, at })
  }
  const decided = logs.map((raw, partition) => {
    const evidence = { partition, partitionCount, rawStart: 0, raw, processedUpTo: raw.length }
    const nothing = { events: [], deadLetters: [], state: [], unreadable: [] }
    const settings = { windowHours: 168, skewSeconds: 300, horizonDays: 400, endpoints, platform }
    return runModel({ ...evidence, ...nothing }, settings).expected
  })
  return written.map(({ sample, at }) => ({
    sample,
    records: at.map(({ partition, raw }) => {
      const end = decided[partition]?.get(raw.offset)
      assert.ok(end !== undefined)
      return { partition, raw, end }
    }),
  }))
}

type Part = Extract<Identified, { kind: 'records' }>['parts'][number]

function rawDelivery(sample: Sample, part: Part): RawDelivery {
  const endpoint = endpointOf(sample)
  const origin = {
    deliveryId: sample.title,
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: run.nowMs * 1000,
    remoteIp: null,
    headers: headersOf(sample),
    body: sample.body,
    bodySha256: platform.sha256(sample.body),
    signatureScheme: `${endpoint.adapter}/hmac-sha256`,
    signatureKeyId: 'k1',
  }
  return toRawDelivery(origin, part)
}
