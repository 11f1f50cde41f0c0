// One target for each function of each adapter: how an input is made, what is called, what must hold.
// An input is called more than once and nothing is remembered between inputs.

import assert from 'node:assert/strict'

import type { RawDelivery } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import { identify, keptHeaders, normalize, toRawDelivery, verifyDelivery } from '@fleet/sources'
import type { Endpoint, IdentifiedPart } from '@fleet/sources'
import fc from 'fast-check'

import { senders, signedAtMs } from './deliveries.ts'
import type { Sender, ValidDelivery } from './deliveries.ts'
import { changedBytes, changedHeaders, hostileBody, hostileHeaders } from './hostile-input.ts'
import type { Headers } from './hostile-input.ts'
import { answerOf, judgeIdentified, judgeNormalization, judgeRaw } from './judges.ts'

export interface Target {
  readonly name: string
  /** Answers that an honest share of the inputs must give; without them the fuzzer is blind. */
  readonly expected: readonly string[]
  property(watcher: Watcher): fc.IProperty<unknown>
}

export interface Watcher {
  /** Before every input. */
  begin(): void
  /** The kind of its answer. */
  count(kind: string): void
}

const receivedAt = signedAtMs * 1000

/** A property over such inputs; what it finds wrong is thrown. */
function propertyOf<Input>(
  inputs: fc.Arbitrary<Input>,
  run: (input: Input) => string,
  watcher: Watcher,
): fc.IProperty<unknown> {
  return fc.property(inputs, input => {
    watcher.begin()
    watcher.count(run(input))
  }) as fc.IProperty<unknown>
}

interface VerifyInput {
  readonly delivery: ValidDelivery
  readonly body: Buffer
  readonly headers: Headers
  readonly laterSeconds: number
}

function verifyInputs(sender: Sender): fc.Arbitrary<VerifyInput> {
  const laterSeconds = fc.constantFrom(0, 0, 0, 0, 300, 301, -300, -301, 1e9)
  return fc.constantFrom(...sender.deliveries).chain(delivery =>
    fc.record({
      delivery: fc.constant(delivery),
      body: fc.oneof(
        { weight: 3, arbitrary: changedBytes([delivery.body], 2) },
        { weight: 1, arbitrary: fc.constant(delivery.body) },
      ),
      headers: fc.oneof(
        { weight: 3, arbitrary: changedHeaders(delivery.headers) },
        { weight: 1, arbitrary: hostileHeaders },
        { weight: 1, arbitrary: fc.constant(delivery.headers) },
      ),
      laterSeconds,
    }),
  )
}

const verifyReasons = ['missing_signature', 'bad_signature', 'stale']

function verifyTarget(sender: Sender): Target {
  const { endpoint, secrets, schemes } = sender
  const run = ({ delivery, body, headers, laterSeconds }: VerifyInput): string => {
    const request = { headers, body, nowMs: signedAtMs + laterSeconds * 1000 }
    const verification = answerOf(body, () => verifyDelivery(endpoint, secrets, request, platform))
    const isSigned =
      Buffer.compare(body, delivery.body) === 0 && isSameContent(sender, delivery, headers)
    if (verification.ok) {
      assert.ok(isSigned, 'accepted without a signature over it')
      assert.ok(schemes.includes(verification.scheme))
      assert.ok(secrets.some(({ id }) => id === verification.keyId))
      assert.ok(!isDated(endpoint, body) || Math.abs(laterSeconds) <= 300, 'accepted too late')
      return verification.scheme
    }
    assert.ok(verifyReasons.includes(verification.reason))
    // Staleness is said only of what is validly signed.
    if (verification.reason === 'stale') assert.ok(isSigned)
    return verification.reason
  }
  const stale = endpoint.signature.freshnessSeconds === null ? [] : ['stale']
  return {
    name: `${sender.name}.verify`,
    expected: [...schemes, 'bad_signature', 'missing_signature', ...stale],
    property: watcher => propertyOf(verifyInputs(sender), run, watcher),
  }
}

/** The headers that the signature covers say what they said when it was made. */
function isSameContent({ endpoint }: Sender, delivery: ValidDelivery, headers: Headers): boolean {
  const { signedContent, idHeader, timestampHeader } = endpoint.signature
  const covered = [
    signedContent.includes('{id}') ? idHeader : null,
    signedContent.includes('{timestamp}') ? timestampHeader : null,
  ]
  return covered.every(name => {
    if (name === null) return true
    return [headers[name] ?? ''].flat().join().trim() === delivery.headers[name]
  })
}

/** A Smartcar delivery that does not say when it was sent can't be too old. */
function isDated({ adapter, signature }: Endpoint, body: Buffer): boolean {
  if (signature.freshnessSeconds === null) return false
  return adapter !== 'smartcar' || body.includes('"deliveredAt"')
}

interface IdentifyInput {
  readonly body: Buffer
  readonly headers: Headers
}

function bodies(sender: Sender): fc.Arbitrary<Buffer> {
  const originals = sender.deliveries.map(({ body }) => body)
  return hostileBody(originals, sender.beginnings)
}

/** Its own headers in most cases: the id of Standard Webhooks is one of them. */
function identifyInputs(sender: Sender): fc.Arbitrary<IdentifyInput> {
  const [first] = sender.deliveries
  const own = fc.constant<Headers>({ ...first?.headers })
  const headers = fc.oneof(own, own, changedHeaders({ ...first?.headers }), hostileHeaders)
  return fc.record({ body: bodies(sender), headers })
}

function identifyTarget(sender: Sender): Target {
  const { endpoint } = sender
  const run = ({ body, headers }: IdentifyInput): string => {
    const call = (): ReturnType<typeof identify> =>
      identify(endpoint, body, headers, receivedAt, platform)
    const identified = answerOf(body, call)
    if (identified.kind === 'records') {
      for (const part of identified.parts) judgeRaw(rawOf(endpoint, body, headers, part))
    }
    return judgeIdentified(endpoint, identified)
  }
  const own: Record<string, readonly string[]> = {
    smartcar: ['several', 'challenge', 'challenge_refused', 'no_vehicles', 'vehicle_without_id'],
    'generic-template': ['event_type_not_accepted', 'no_resource_id'],
  }
  return {
    name: `${sender.name}.identify`,
    expected: ['identified', 'not_json', 'not_an_object', ...(own[sender.name] ?? ['no_event_id'])],
    property: watcher => propertyOf(identifyInputs(sender), run, watcher),
  }
}

interface NormalizeInput extends IdentifyInput {
  /** Of another delivery: the record says one thing and the body another. */
  readonly otherBody: Buffer | null
  readonly isEndpointKnown: boolean
}

function normalizeTarget(sender: Sender): Target {
  const { endpoint } = sender
  const inputs = fc
    .record({
      other: fc.option(bodies(sender), { freq: 4 }),
      isEndpointKnown: fc.boolean(),
      input: identifyInputs(sender),
    })
    .map(({ other, isEndpointKnown, input }) => ({ ...input, otherBody: other, isEndpointKnown }))
  const run = ({ body, headers, otherBody, isEndpointKnown }: NormalizeInput): string => {
    const identified = identify(endpoint, body, headers, receivedAt, platform)
    if (identified.kind !== 'records') return identified.kind
    const known = isEndpointKnown ? endpoint : undefined
    const kinds = identified.parts.map(part => {
      const raw = rawOf(endpoint, otherBody ?? body, headers, part)
      const call = (): ReturnType<typeof normalize> => normalize(raw, known, platform)
      return judgeNormalization(raw, answerOf(raw.body, call))
    })
    return kinds[0] ?? 'none'
  }
  return {
    name: `${sender.name}.normalize`,
    expected: ['UNIDENTIFIED', 'BAD_TIME', ...domainsOf(sender)],
    property: watcher => propertyOf(inputs, run, watcher),
  }
}

function domainsOf({ name }: Sender): readonly string[] {
  if (name === 'smartcar') return ['vehicle']
  if (name === 'ump') return ['reservation']
  return name === 'generic' ? ['billing', 'reservation', 'location', 'incident'] : ['billing']
}

/** As the edge writes it. */
function rawOf(
  endpoint: Endpoint,
  body: Buffer,
  headers: Headers,
  part: IdentifiedPart,
): RawDelivery {
  const origin = {
    deliveryId: '01890a5d-ac96-774b-bcce-b302099a8057',
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: receivedAt,
    remoteIp: '127.0.0.1',
    headers: keptHeaders(endpoint, headers),
    body,
    bodySha256: platform.sha256(body),
    signatureScheme: `${endpoint.adapter}/fuzzed`,
    signatureKeyId: 'k1',
  }
  return toRawDelivery(origin, part)
}

export const targets: readonly Target[] = senders.flatMap(sender => [
  verifyTarget(sender),
  identifyTarget(sender),
  normalizeTarget(sender),
])
