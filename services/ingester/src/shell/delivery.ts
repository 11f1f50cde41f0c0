// One delivery while it is being judged: the request, the endpoint it names, and the facts the pure order
// of checks asks for.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { platform } from '@fleet/signatures'
import { identify, unsignedChallengeBytesMax, verifyDelivery } from '@fleet/sources'
import type { DeliverySecret, Identified, RequestHeaders, Verification } from '@fleet/sources'
import { childTraceparent } from '@fleet/telemetry'
import type { DeliveryFacts, UnsignedChallenge } from '../core/accept.ts'
import { addressGroup, plainAddress } from '../core/address.ts'
import type { BucketTable } from '../core/token-bucket.ts'
import type { Armings } from './arming.ts'
import type { KnownEndpoint } from './endpoint-directory.ts'

export interface Delivery {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** As presented. */
  readonly endpointId: string
  /** Also a disabled one: only its id and tenant may be used then. */
  readonly known: KnownEndpoint | undefined
  readonly headers: RequestHeaders
  readonly remoteIp: string
  readonly traceparent: string
  /** Elapsed time. */
  readonly startedMs: number
  /** Wall time. */
  readonly receivedAtMs: number
}

export interface JudgingTools {
  readonly addressBuckets: BucketTable
  readonly addressPerSecond: number
  readonly endpointBuckets: BucketTable
  readonly armings: Armings
}

export function openDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  endpointId: string,
  known: KnownEndpoint | undefined,
  now: { readonly startedMs: number; readonly receivedAtMs: number },
): Delivery {
  const headers = request.headersDistinct
  const traceparents = headers['traceparent'] ?? []
  return {
    request,
    response,
    endpointId,
    known,
    headers,
    remoteIp: plainAddress(request.socket.remoteAddress),
    traceparent: childTraceparent(traceparents.length === 1 ? traceparents[0] : undefined),
    ...now,
  }
}

/** The endpoint if it takes deliveries; a disabled one is as unknown as one that never was. */
export function enabledEndpoint({ known }: Delivery): KnownEndpoint | undefined {
  return known?.endpoint.enabled === true ? known : undefined
}

export function factsOf(delivery: Delivery, body: Buffer, tools: JudgingTools): DeliveryFacts {
  const { headers, remoteIp, startedMs } = delivery
  const target = enabledEndpoint(delivery)
  const encodings = headers['content-encoding'] ?? []
  return {
    contentEncodings: typeof encodings === 'string' ? [encodings] : encodings,
    bodyBytes: body.length,
    endpoint: target === undefined ? null : { bodyBytesMax: target.endpoint.limits.bodyBytes },
    takeAddressToken: () =>
      tools.addressBuckets.take(addressGroup(remoteIp), tools.addressPerSecond, startedMs),
    verify: () => verifyAlike(target, delivery, body),
    readUnsignedChallenge: () => readUnsignedChallenge(target, delivery, body, tools.armings),
    takeEndpointToken: () => {
      const perSecond = target?.endpoint.limits.perSecond ?? null
      if (target === undefined || perSecond === null) return { allowed: true }
      return tools.endpointBuckets.take(target.endpoint.id, perSecond, startedMs)
    },
  }
}

/** Stands in where there is no key to compare with; no signature is ever valid under it. */
const decoyKey = Buffer.from('no endpoint has this key')

/**
 * Every refusal costs at least one MAC over the body, so that its time does not tell which endpoints
 * exist, nor which of them are enabled.
 */
function verifyAlike(
  target: KnownEndpoint | undefined,
  { headers, receivedAtMs }: Delivery,
  body: Buffer,
): Verification {
  let macs = 0
  const counting: Pick<typeof platform, 'hmac' | 'equal'> = {
    equal: platform.equal,
    hmac: (algorithm, key, ...parts) => {
      macs += 1
      return platform.hmac(algorithm, key, ...parts)
    },
  }
  const request = { headers, body, nowMs: receivedAtMs }
  const verification: Verification =
    target === undefined
      ? { ok: false, reason: 'missing_signature' }
      : verifyDelivery(target.endpoint, target.secrets, request, counting)
  if (macs === 0) platform.hmac('sha256', decoyKey, body)
  return verification
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
