// The order in which a delivery is judged once its body is there: encoding, address limit, signature,
// endpoint limits, freshness. The order is a promise to senders and a defence: a limit per endpoint before
// the signature would let anyone lock the real sender out. Who runs it answers for the limits, which may
// take a while where several processes share them.

import type { ProblemCode } from './problem.ts'
import type { Taken } from './token-bucket.ts'

export type SecurityReason =
  | 'bad_signature'
  | 'missing_signature'
  | 'unknown_endpoint'
  | 'stale'
  | 'challenge_refused'
  | 'challenge_answered'
  | 'body_too_large'
  | 'rate_limited'

export type Verification =
  | { readonly ok: true; readonly keyId: string; readonly scheme: string }
  | { readonly ok: false; readonly reason: 'missing_signature' | 'bad_signature' | 'stale' }

/** What an unsigned body is to an endpoint whose operator just asked for a verification. */
export type UnsignedChallenge =
  | { readonly kind: 'none' }
  | { readonly kind: 'challenge_refused' }
  | { readonly kind: 'challenge'; readonly challenge: string }

/** What costs time or uses something up is a function, called only when the order comes to it. */
export interface DeliveryFacts {
  readonly contentEncodings: readonly string[]
  readonly bodyBytes: number
  /** Null when there is no enabled endpoint of this id. */
  readonly endpoint: { readonly bodyBytesMax: number | null } | null
  /** Must take as long for an unknown endpoint as for a known one. */
  verify(): Verification
  readUnsignedChallenge(): UnsignedChallenge
}

export type Acceptance =
  | { readonly kind: 'verified'; readonly keyId: string; readonly scheme: string }
  | { readonly kind: 'unsigned_challenge'; readonly challenge: string }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly problem: ProblemCode
  /** Null when it is no matter of security. */
  readonly reason: SecurityReason | null
  readonly retryAfterSeconds: number | null
}

/** A limit that is to be asked now: it takes a token and says whether there was one. */
export type Limit = 'address' | 'endpoint'

export function* accept(facts: DeliveryFacts): Generator<Limit, Acceptance, Taken> {
  if (!facts.contentEncodings.every(isIdentity)) return refused('unsupported_encoding', null)
  const address = yield 'address'
  if (!address.allowed) return rateLimited(address.retryAfterSeconds)
  const verification = facts.verify()
  if (facts.endpoint === null) return unauthorized('unknown_endpoint')
  if (!verification.ok && verification.reason !== 'stale') {
    const { reason } = verification
    return reason === 'missing_signature' ? acceptUnsigned(facts) : unauthorized(reason)
  }
  const { bodyBytesMax } = facts.endpoint
  if (bodyBytesMax !== null && facts.bodyBytes > bodyBytesMax) {
    return refused('body_too_large', 'body_too_large')
  }
  const endpoint = yield 'endpoint'
  if (!endpoint.allowed) return rateLimited(endpoint.retryAfterSeconds)
  if (!verification.ok) return unauthorized('stale')
  return { kind: 'verified', keyId: verification.keyId, scheme: verification.scheme }
}

function acceptUnsigned(facts: DeliveryFacts): Acceptance {
  const unsigned = facts.readUnsignedChallenge()
  if (unsigned.kind === 'none') return unauthorized('missing_signature')
  if (unsigned.kind === 'challenge_refused') return unauthorized('challenge_refused')
  return { kind: 'unsigned_challenge', challenge: unsigned.challenge }
}

/** Says the same whatever the reason; the reason goes to the security topic alone. */
export function unauthorized(reason: SecurityReason): Refusal {
  return refused('unauthorized', reason)
}

export function refused(
  problem: ProblemCode,
  reason: SecurityReason | null,
  retryAfterSeconds: number | null = null,
): Refusal {
  return { kind: 'refused', problem, reason, retryAfterSeconds }
}

function rateLimited(retryAfterSeconds: number): Refusal {
  return refused('rate_limited', 'rate_limited', retryAfterSeconds)
}

/** A header may list several codings, and may be sent more than once. */
function isIdentity(header: string): boolean {
  return header.split(',').every(coding => ['', 'identity'].includes(coding.trim().toLowerCase()))
}
