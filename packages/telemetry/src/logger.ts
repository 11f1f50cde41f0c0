// Structured lines on standard output, one per unit of work. Bodies, headers and anything that opens a
// door are censored by path, as a net under the rule that they are never handed to a logger.

import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger } from 'pino'

const secretFields = [
  'authorization',
  'body',
  'headers',
  'key',
  'key_base64',
  'password',
  'secret',
  'secrets',
  'token',
]

export function createLogger(service: string, { level }: { level: string }): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: secretFields.flatMap(name => [name, `*.${name}`]), censor: '[redacted]' },
  })
}

/** Writes nothing; for tests. */
export const silentLogger: Logger = pino({ level: 'silent' })
