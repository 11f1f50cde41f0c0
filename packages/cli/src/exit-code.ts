// What the command answers to the shell, and how a failure is told to a person: what is wrong, then
// what to do. Exit codes are the same for every verb.

import { FleetError, messageOf } from '@fleet/runtime'

export const exitCodes = {
  ok: 0,
  /** The verb ran, and what it checked does not hold. */
  failed: 1,
  /** Wrong arguments or wrong configuration: running it again changes nothing. */
  usage: 2,
  /** Kafka, the registry, Redis or a service is not reachable. */
  unreachable: 3,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Wrong arguments; the message says what would be right. */
export class UsageError extends Error {}

/** Something this verb needs does not answer. */
export class UnreachableError extends Error {}

export interface Failure {
  exitCode: ExitCode
  /** For standard error, without a line break at the end. */
  text: string
}

const unreachableCodes = new Set(['KAFKA_UNREACHABLE', 'REGISTRY_UNREACHABLE', 'REDIS_UNREACHABLE'])
const configurationCodes = new Set([
  'CONFIG',
  'CONFIG_INVALID',
  'KAFKA_AUTHENTICATION',
  'KAFKA_AUTHORIZATION',
  'KAFKA_AUTHORIZER_MISSING',
  'KAFKA_CERTIFICATE',
  'PROVENANCE_KEYS_INVALID',
])

export function failureOf(error: unknown): Failure {
  const text = messageOf(error)
  if (error instanceof UsageError) return { exitCode: exitCodes.usage, text }
  if (error instanceof UnreachableError) return { exitCode: exitCodes.unreachable, text }
  if (error instanceof FleetError) {
    if (unreachableCodes.has(error.code)) return { exitCode: exitCodes.unreachable, text }
    if (configurationCodes.has(error.code)) return { exitCode: exitCodes.usage, text }
    return { exitCode: exitCodes.failed, text: `${text} (${error.code})` }
  }
  return { exitCode: exitCodes.failed, text }
}
