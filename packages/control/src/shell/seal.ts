// Sealing of secrets: AES-256-GCM with a random nonce, bound to its place by additional data, so that a
// sealed secret moved to another tenant, endpoint, key id or version does not open. Whatever is wrong
// gives the same error: it must not tell an attacker what to change.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import type { Sealed } from '../core/records.ts'
import { controlError } from '../errors.ts'
import type { MasterKeys } from './master-keys.ts'

/** Where a secret belongs. */
export interface SealBinding {
  readonly tenantId: string
  readonly endpointId: string
  readonly keyId: string
  readonly version: number
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

export function sealSecret(
  masterKeys: MasterKeys,
  binding: SealBinding,
  secret: Uint8Array,
  nonce: Buffer = randomBytes(nonceBytes),
): Sealed {
  const { id, key } = masterKeys.sealing
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(additionalData(binding))
  const parts = [cipher.update(secret), cipher.final()]
  return {
    master_key_id: id,
    nonce: nonce.toString('base64'),
    ciphertext: Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64'),
  }
}

/**
 * @param versionMin the newest version that was in force; an older one is refused.
 * @throws FleetError SECRET_SEALED_OTHERWISE, SECRET_VERSION_LOWER (poison)
 */
export function openSecret(
  masterKeys: MasterKeys,
  binding: SealBinding,
  sealed: Sealed,
  versionMin = 0,
): Buffer {
  const place = `secret ${binding.endpointId}/${binding.keyId}`
  if (binding.version < versionMin) {
    const message = `${place} has version ${binding.version}, ${versionMin} was in force`
    throw controlError('SECRET_VERSION_LOWER', message)
  }
  const master = masterKeys.find(sealed.master_key_id)
  const nonce = Buffer.from(sealed.nonce, 'base64')
  const bytes = Buffer.from(sealed.ciphertext, 'base64')
  const split = bytes.length - tagBytes
  if (master === undefined || nonce.length !== nonceBytes || split < 0) {
    throw controlError('SECRET_SEALED_OTHERWISE', `${place} does not open`)
  }
  try {
    const decipher = createDecipheriv(algorithm, master.key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(additionalData(binding))
    decipher.setAuthTag(bytes.subarray(split))
    return Buffer.concat([decipher.update(bytes.subarray(0, split)), decipher.final()])
  } catch (error) {
    throw controlError('SECRET_SEALED_OTHERWISE', `${place} does not open`, error)
  }
}

/** Label and each part with its length as unsigned 32-bit big-endian: no two places look the same. */
function additionalData({ tenantId, endpointId, keyId, version }: SealBinding): Buffer {
  const parts = ['fleet-secret-v1', tenantId, endpointId, keyId, String(version)]
  return Buffer.concat(
    parts.flatMap(part => {
      const bytes = Buffer.from(part, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
