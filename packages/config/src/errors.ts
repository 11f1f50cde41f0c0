// Error codes of this package and what becomes of them. A code is never reused for something else.

import { FleetError } from '@fleet/runtime'

export const codes = {
  CONFIG: {
    fate: 'fatal',
    meaning: 'Settings are missing or wrong; the message lists every one. Exit status 2.',
  },
  SECRET_UNAVAILABLE: {
    fate: 'fatal',
    meaning: 'A secret reference leads nowhere; who re-reads secrets keeps the last good value.',
  },
  TLS_UNUSABLE: {
    fate: 'fatal',
    meaning:
      'Certificate or key can’t be used; at the start it ends the process, later the last good pair stays.',
  },
} as const

export type ConfigErrorCode = keyof typeof codes

export function configError(code: ConfigErrorCode, message: string, cause?: unknown): FleetError {
  const options = cause === undefined ? undefined : { cause }
  return new FleetError(code, codes[code].fate, message, options)
}
