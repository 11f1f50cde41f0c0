// The sealer of the pure decisions, on the master keys in force.

import type { Sealer } from '../core/commands.ts'
import type { MasterKeys } from './master-keys.ts'
import { openSecret, sealSecret } from './seal.ts'

export function createSealer(masterKeys: MasterKeys): Sealer {
  return {
    masterKeyId: masterKeys.sealing.id,
    seal: (place, secret) => sealSecret(masterKeys, place, Buffer.from(secret, 'utf8')),
    reseal: (from, sealed, version) => {
      try {
        const secret = openSecret(masterKeys, from, sealed)
        return sealSecret(masterKeys, { ...from, version }, secret)
      } catch {
        // Which one did not open is in the answer; why is the same for all of them.
        return null
      }
    },
  }
}
