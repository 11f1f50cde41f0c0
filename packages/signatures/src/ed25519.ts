// Ed25519 verification (RFC 8032) on node:crypto. Nothing here knows what is signed, and no private key
// ever comes here.

import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const ed25519KeyBytes = 32
const ed25519SignatureBytes = 64

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) up to the key itself. */
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

/** Reading a key takes longer than using it. Keys are configured, so this only bounds the memory. */
const keysMax = 1024
const keys = new Map<string, KeyObject>()

/** Over the parts as if they were one array. False, never an exception, for anything that is no signature. */
export function verifyEd25519(
  publicKey: Uint8Array,
  signature: Uint8Array,
  ...parts: readonly Uint8Array[]
): boolean {
  if (publicKey.length !== ed25519KeyBytes || signature.length !== ed25519SignatureBytes) {
    return false
  }
  const message = parts.length === 1 ? (parts[0] ?? publicKeyHead) : Buffer.concat(parts)
  return verify(null, message, keyObject(publicKey), signature)
}

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1')
  const known = keys.get(name)
  if (known !== undefined) return known
  if (keys.size >= keysMax) keys.clear()
  const der = Buffer.concat([publicKeyHead, publicKey])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  keys.set(name, key)
  return key
}
