// The bytes a secret stands for. An empty secret is never a key: anyone could sign with it.

import { decodeBase64 } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'

const standardWebhooksPrefix = 'whsec_'

/** Null when the secret cannot be used. */
export function signingKey(endpoint: Endpoint, secret: Uint8Array): Uint8Array | null {
  const key = endpoint.adapter === 'standard-webhooks' ? standardWebhooksKey(secret) : secret
  return key === null || key.length === 0 ? null : key
}

/** `whsec_` and base64 stands for the decoded bytes, anything else for itself. */
function standardWebhooksKey(secret: Uint8Array): Uint8Array | null {
  let text = ''
  for (const byte of secret) text += String.fromCharCode(byte)
  if (!text.startsWith(standardWebhooksPrefix)) return secret
  return decodeBase64(text.slice(standardWebhooksPrefix.length))
}
