// One delivery while it is being judged: the request, the endpoint it names, and the facts the pure order
// of checks asks for.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { platform } from '@fleet/signatures'
import { identify, unsignedChallengeBytesMax, verifyDelivery } from '@fleet/sources'
import type { DeliverySecret, Identified, Verification } from '@fleet/sources'
import { childTraceparent } from '@fleet/telemetry'
import type { DeliveryFacts, UnsignedChallenge } from '../core/accept.ts'
import type { Limit } from '../core/accept.ts'
import { addressGroup, plainAddress, senderAddress } from '../core/address.ts'
import type { Proxies } from '../core/address.ts'
import { valuesOf } from '../core/request-head.ts'
import type { Headers } from '../core/request-head.ts'
import type { Taken } from '../core/token-bucket.ts'
import type { Armings } from './arming.ts'
import type { KnownEndpoint } from './endpoint-directory.ts'
import type { RateLimits } from './rate-limits.ts'

export interface Delivery {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** As presented. */
  readonly endpointId: string
  /** Also a disabled one: only its id and tenant may be used then. */
  readonly known: KnownEndpoint | undefined
  readonly headers: Headers
  readonly remoteIp: string
  readonly traceparent: string
  /** Elapsed time. */
  readonly startedMs: number
  /** Wall time. */
  readonly receivedAtMs: number
}

export interface JudgingTools {
  readonly limits: RateLimits
  readonly addressPerSecond: number
  readonly armings: Armings
  /** Whether nobody on the way could read the request: only then an API key proves something. */
  readonly isPrivate: (request: IncomingMessage) => boolean
}

export function openDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Headers,
  endpointId: string,
  known: KnownEndpoint | undefined,
  { startedMs, receivedAtMs }: { readonly startedMs: number; readonly receivedAtMs: number },
  proxies: Proxies,
): Delivery {
  const remote = plainAddress(request.socket.remoteAddress)
  const traceparent = headers['traceparent']
  return {
    request,
    response,
    endpointId,
    known,
    headers,
    remoteIp: senderAddress(remote, valuesOf(headers, 'x-forwarded-for'), proxies),
    traceparent: childTraceparent(typeof traceparent === 'string' ? traceparent : undefined),
    startedMs,
    receivedAtMs,
  }
}

/** The endpoint if it takes deliveries; a disabled one is as unknown as one that never was. */
export function enabledEndpoint({ known }: Delivery): KnownEndpoint | undefined {
  return known?.endpoint.enabled === true ? known : undefined
}

/** A class: functions made and named for each delivery, here and below, cost 3 % of it. */
export class JudgedFacts implements DeliveryFacts {
  readonly contentEncodings: readonly string[]
  readonly bodyBytes: number
  readonly endpoint: DeliveryFacts['endpoint']
  readonly #target: KnownEndpoint | undefined
  readonly #delivery: Delivery
  readonly #body: Buffer
  readonly #tools: JudgingTools

  constructor(delivery: Delivery, body: Buffer, tools: JudgingTools) {
    const target = enabledEndpoint(delivery)
    this.contentEncodings = valuesOf(delivery.headers, 'content-encoding')
    this.bodyBytes = body.length
    this.endpoint = target === undefined ? null : { bodyBytesMax: target.endpoint.limits.bodyBytes }
    this.#target = target
    this.#delivery = delivery
    this.#body = body
    this.#tools = tools
  }

  verify(): Verification {
    return verifyAlike(this.#target, this.#delivery, this.#body, this.#tools)
  }

  readUnsignedChallenge(): UnsignedChallenge {
    return readUnsignedChallenge(this.#target, this.#delivery, this.#body, this.#tools.armings)
  }
}

export function takeToken(
  limit: Limit,
  delivery: Delivery,
  { limits, addressPerSecond }: JudgingTools,
): Taken | Promise<Taken> {
  const { remoteIp, startedMs: nowMs } = delivery
  if (limit === 'address') {
    return limits.take({ limit, key: addressGroup(remoteIp), perSecond: addressPerSecond, nowMs })
  }
  const endpoint = enabledEndpoint(delivery)?.endpoint
  const perSecond = endpoint?.limits.perSecond ?? null
  if (endpoint === undefined || perSecond === null) return { allowed: true }
  return limits.take({ limit, key: endpoint.id, perSecond, nowMs })
}

/** Stand in where there is no key to compare with; no signature is ever valid under them. */
const decoyKey = Buffer.from('no endpoint has this key')
/** Of RFC 8032, test 1: its private key is known, so no endpoint may ever have it. */
const decoyPublicKey = Buffer.from(
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  'hex',
)
const decoySignature = Buffer.from(
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  'hex',
)

/** Knows which of the costly checks one verification made. */
class CountingPlatform {
  readonly sha256 = platform.sha256
  readonly equal = platform.equal
  readonly decodeUtf8 = platform.decodeUtf8
  macs = 0
  signatureChecks = 0

  hmac(...given: Parameters<typeof platform.hmac>): Buffer {
    this.macs += 1
    return platform.hmac(...given)
  }

  verifyEd25519(...given: Parameters<typeof platform.verifyEd25519>): boolean {
    this.signatureChecks += 1
    return platform.verifyEd25519(...given)
  }
}

/**
 * Every refusal costs at least one MAC over the body, and a signature check where one was presented, so
 * that its time does not tell which endpoints exist, which are enabled, nor how they verify.
 */
function verifyAlike(
  target: KnownEndpoint | undefined,
  { request: incoming, headers, receivedAtMs }: Delivery,
  body: Buffer,
  { isPrivate }: JudgingTools,
): Verification {
  const counting = new CountingPlatform()
  const request = {
    headers,
    body,
    nowMs: receivedAtMs,
    isPrivate: target?.endpoint.auth !== 'api-key' || isPrivate(incoming),
  }
  const verification: Verification =
    target === undefined
      ? { ok: false, reason: 'missing_signature' }
      : verifyDelivery(target.endpoint, target.secrets, request, counting)
  if (verification.ok) return verification
  if (counting.macs === 0) platform.hmac('sha256', decoyKey, body)
  if (counting.signatureChecks === 0 && hasPublicSignature(headers)) {
    platform.verifyEd25519(decoyPublicKey, decoySignature, body)
  }
  return verification
}

function hasPublicSignature(headers: Headers): boolean {
  return valuesOf(headers, 'webhook-signature').some(text => text.includes('v1a,'))
}

/** Looks into an unsigned body only while the endpoint is armed, and never into a large one. */
function readUnsignedChallenge(
  target: KnownEndpoint | undefined,
  delivery: Delivery,
  body: Buffer,
  armings: Armings,
): UnsignedChallenge {
  if (target === undefined || body.length > unsignedChallengeBytesMax) return { kind: 'none' }
  if (!armings.isArmed(target.endpoint, delivery.receivedAtMs)) return { kind: 'none' }
  const identified = identifyDelivery(target, delivery, body)
  return identified.kind === 'records' ? { kind: 'none' } : identified
}

export function identifyDelivery(
  target: KnownEndpoint,
  { headers, receivedAtMs }: Delivery,
  body: Buffer,
): Identified {
  return identify(target.endpoint, body, headers, receivedAtMs * 1000, platform)
}

/** The key an unsigned challenge is answered with: the first in the file that is active. */
export function activeSecret(target: KnownEndpoint, nowMs: number): DeliverySecret | undefined {
  return target.secrets.find(({ notBeforeMs, notAfterMs }) => {
    return (notBeforeMs ?? -Infinity) <= nowMs && nowMs < (notAfterMs ?? Infinity)
  })
}
