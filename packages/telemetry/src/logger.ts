// Structured lines on standard output, one per unit of work. Bodies, headers and anything that opens a
// door are censored by path, as a net under the rule that they are never handed to a logger.

import { pino } from 'pino'
import type { Logger, LoggerOptions } from 'pino'

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

export interface CreateLoggerOptions {
  readonly level: string
  /** Standard output without it. */
  readonly destination?: { write(line: string): unknown }
}

export function createLogger(service: string, { level, destination }: CreateLoggerOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: secretFields.flatMap(name => [name, `*.${name}`]), censor: '[redacted]' },
  }
  return destination === undefined
    ? pino(options)
    : pino(options, { write: line => void destination.write(line) })
}

/** Writes nothing; for tests. */
export const silentLogger: Logger = pino({ level: 'silent' })
