// The provenance keys in force, re-read when their file changes. Until a key may sign, nothing is stored:
// a raw record without a MAC would be a dead letter.

import { watchFile } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { ProvenanceKeyRing } from '@fleet/signatures'
import type { Logger } from '@fleet/telemetry'

export interface ProvenanceSigner {
  /** @throws FleetError (transient) when no key may sign now. */
  sign(recordKey: string, framedValue: Uint8Array): { mac: Buffer; keyId: string }
  /** `ok` when a key may sign now. */
  readonly state: string
  close(): void
}

export interface ProvenanceSignerOptions {
  readonly keysFile: string
  readonly clock: Clock
  readonly logger: Logger
}

const everyMs = 1000

export function openProvenanceSigner(options: ProvenanceSignerOptions): ProvenanceSigner {
  const { keysFile, clock, logger } = options
  let ring: ProvenanceKeyRing | null = null
  const stop = watchFile(
    keysFile,
    text => {
      ring = ProvenanceKeyRing.parse(text)
    },
    {
      clock,
      everyMs,
      onError: error => logger.error({ problem: messageOf(error) }, 'provenance.keys_refused'),
    },
  )
  const sign: ProvenanceSigner['sign'] = (recordKey, framedValue) => {
    if (ring === null) {
      throw new FleetError('PROVENANCE_NO_SIGNING_KEY', 'transient', 'no provenance keys were read')
    }
    return ring.sign(clock.wallMs(), recordKey, framedValue)
  }
  return {
    sign,
    get state() {
      try {
        sign('', new Uint8Array())
        return 'ok'
      } catch (error) {
        return messageOf(error)
      }
    },
    close: stop,
  }
}
