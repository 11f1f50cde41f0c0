// Error codes of this package and what becomes of them. A code is never reused for something else.

import { FleetError } from '@fleet/runtime'

export const codes = {
  UNDECODABLE: {
    fate: 'poison',
    meaning: 'The value is not Confluent-framed Avro of this topic, or breaks a decoding limit.',
  },
  SCHEMA_UNKNOWN: {
    fate: 'poison',
    meaning: 'The registry has denied the schema id of the value for 30 seconds.',
  },
  SCHEMA_PENDING: {
    fate: 'transient',
    meaning: 'The schema id of the value is not known yet; the registry may still learn it.',
  },
  REGISTRY_UNREACHABLE: {
    fate: 'transient',
    meaning: 'The schema registry does not answer, answers too late or with a server error.',
  },
  REGISTRY_REFUSED: {
    fate: 'fatal',
    meaning: 'The schema registry refuses the request: access, address or an unusable schema.',
  },
  SCHEMA_NOT_REGISTERED: {
    fate: 'fatal',
    meaning: 'A schema of this release is not registered; run `fleet schemas register` first.',
  },
  SCHEMA_INCOMPATIBLE: {
    fate: 'fatal',
    meaning: 'A schema breaks FULL_TRANSITIVE compatibility with a registered version.',
  },
  INTERNAL: {
    fate: 'poison',
    meaning: 'A value of our own does not fit its schema: a defect in the stage that made it.',
  },
} as const

export type CodecErrorCode = keyof typeof codes

export function codecError(code: CodecErrorCode, message: string, cause?: unknown): FleetError {
  const options = cause === undefined ? undefined : { cause }
  return new FleetError(code, codes[code].fate, message, options)
}
