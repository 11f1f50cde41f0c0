// Standard Webhooks `v1a` from the sender's side: only tests have private keys.

import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** PKCS #8 of an Ed25519 key (RFC 8410) up to the seed. */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHeadBytes = 12

export interface Signer {
  /** What the sender gives away. */
  readonly publicSecret: string
  readonly publicKey: Buffer
  /** Base64, without `v1a,`. */
  sign(content: Uint8Array): string
}

export function signerOf(seed: Uint8Array): Signer {
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyHead, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(publicKeyHeadBytes)
  return {
    publicKey,
    publicSecret: `whpk_${publicKey.toString('base64')}`,
    sign: content => sign(null, content, key).toString('base64'),
  }
}

export function signedHeaders(
  signer: Signer,
  body: Uint8Array,
  { id, seconds }: { readonly id: string; readonly seconds: number },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const content = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body])
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1a,${signer.sign(content)}`,
  }
}
