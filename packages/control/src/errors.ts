// Error codes of this package and what becomes of them. A code is never reused for something else.

import { FleetError } from '@fleet/runtime'

export const codes = {
  MASTER_KEY_INVALID: {
    fate: 'fatal',
    meaning:
      'FLEET_CONTROL_KEY_REF leads to no usable master key: lines of <id>:<base64 of 32 bytes>.',
  },
  SECRET_SEALED_OTHERWISE: {
    fate: 'poison',
    meaning:
      'A sealed secret does not open: another master key, cut, altered, or moved from its place.',
  },
  SECRET_VERSION_LOWER: {
    fate: 'poison',
    meaning: 'A sealed secret is older than one that was in force; the newer one stays.',
  },
  CONTROL_UNAVAILABLE: {
    fate: 'transient',
    meaning: 'The control plane has not read its topic, or Kafka did not take a change.',
  },
  CONTROL_CHANGE_TOO_LARGE: {
    fate: 'fatal',
    meaning: 'A change does not fit into one transaction of the control topic; make it in parts.',
  },
} as const

export type ControlErrorCode = keyof typeof codes

export function controlError(code: ControlErrorCode, message: string, cause?: unknown): FleetError {
  return new FleetError(code, codes[code].fate, message, cause === undefined ? {} : { cause })
}
