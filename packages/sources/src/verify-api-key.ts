// API keys of senders that can't sign. An endpoint's secret is then the hash of a key, `sha256:` and 64 hex
// digits, so that neither a file nor the control plane holds what a sender presents.

import { utf8Bytes } from '@fleet/contracts'
import { decodeHex } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import type { RequestHeaders } from './headers.ts'
import { readHeader } from './headers.ts'
import type { Platform } from './platform.ts'

/** Shorter ones could be guessed from their hash, which has no salt. */
const keyText = /^[!-~]{24,512}$/
const bearer = /^Bearer +([!-~]+)$/i

const hashText = /^sha256:([0-9a-f]{64})$/
const hashBytes = 71

/** The text of the key as the sender sent it. */
export function presentedApiKey(
  { apiKeyHeader }: Pick<Endpoint, 'apiKeyHeader'>,
  headers: RequestHeaders,
): { readonly key: string } | 'missing' | 'bad' {
  if (apiKeyHeader === null) return 'missing'
  const header = readHeader(headers, apiKeyHeader)
  if (header.kind === 'missing') return 'missing'
  if (header.kind === 'repeated') return 'bad'
  const key = apiKeyHeader === 'authorization' ? bearer.exec(header.value)?.[1] : header.value
  return key !== undefined && keyText.test(key) ? { key } : 'bad'
}

/** The first secret that is the key's hash. All are compared: the time tells nothing about which. */
export function matchingApiKey<Secret extends { readonly key: Uint8Array }>(
  secrets: readonly Secret[],
  { key }: { readonly key: string },
  platform: Pick<Platform, 'sha256' | 'equal'>,
): Secret | null {
  const presented = platform.sha256(utf8Bytes(key))
  let found: Secret | null = null
  for (const secret of secrets) {
    const expected = apiKeyHash(secret.key)
    if (expected !== null && platform.equal(presented, expected)) found ??= secret
  }
  return found
}

/** Why a secret lets no API key in, without a character of it; null when it can be used. */
export function apiKeyHashProblem(secret: Uint8Array): string | null {
  if (apiKeyHash(secret) !== null) return null
  return 'it must be sha256: and the 64 hex digits of the hash of the API key, never the key itself'
}

/** Of the secrets in force: their text is decoded once, not for each delivery. */
const knownHashes = new WeakMap<Uint8Array, { readonly hash: Uint8Array | null }>()

function apiKeyHash(secret: Uint8Array): Uint8Array | null {
  let known = knownHashes.get(secret)
  if (known === undefined) knownHashes.set(secret, (known = { hash: readHash(secret) }))
  return known.hash
}

function readHash(secret: Uint8Array): Uint8Array | null {
  if (secret.length !== hashBytes) return null
  const hex = hashText.exec(String.fromCharCode(...secret))?.[1]
  return hex === undefined ? null : decodeHex(hex)
}
