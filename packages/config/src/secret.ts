// A reference to a secret into its bytes. Messages name the reference, never the content.

import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { messageOf } from '@fleet/runtime'
import { configError } from './errors.ts'
import type { Mode } from './platform-spec.ts'
import type { Environment } from './settings.ts'

/** A larger file is no key but a mistake. */
const secretBytesMax = 64 * 1024

const fileReference = /^file:(\P{Cc}+)$/u
const environmentReference = /^env:([A-Za-z_][A-Za-z0-9_]*)$/
const leavesFolder = /(?:^|\/)\.\.(?:\/|$)/
const newline = 0x0a
const carriageReturn = 0x0d
const writableByOthers = 0o002

/**
 * `file:<name>` under the secrets folder, `file:/absolute/path`, or `env:<NAME>`; the bytes without one
 * trailing newline.
 * @throws FleetError SECRET_UNAVAILABLE
 */
export function resolveSecret(
  ref: string,
  dataDir: string,
  mode: Mode,
  env: Environment = process.env,
): Buffer {
  const path = secretPath(ref, dataDir)
  const bytes = path === null ? fromEnvironment(ref, env) : fromFile(ref, path, mode)
  const secret = withoutNewline(bytes)
  if (secret.length === 0) throw unavailable(ref, 'it is empty')
  return secret
}

/** The file a reference leads to; null for one that leads to no file. */
export function secretPath(ref: string, dataDir: string): string | null {
  const path = fileReference.exec(ref)?.[1]
  if (path === undefined || leavesFolder.test(path)) return null
  return isAbsolute(path) ? path : join(dataDir, 'secrets', path)
}

function fromEnvironment(ref: string, env: Environment): Buffer {
  const name = environmentReference.exec(ref)?.[1]
  // The text may be the secret itself, put here by mistake, so it is not repeated.
  if (name === undefined) throw unavailable(null, 'it must be file:<name> or env:<NAME>')
  const value = env[name]
  if (value === undefined) throw unavailable(ref, 'the variable is not set')
  return Buffer.from(value)
}

function fromFile(ref: string, path: string, mode: Mode): Buffer {
  try {
    const { size, mode: permissions } = statSync(path)
    if (size > secretBytesMax) throw unavailable(ref, `more than ${secretBytesMax} bytes`)
    if (mode === 'production' && (permissions & writableByOthers) !== 0) {
      throw unavailable(ref, 'anyone may write the file; take that right away')
    }
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'fate' in error) throw error
    throw unavailable(ref, messageOf(error), error)
  }
}

function withoutNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== newline) return bytes
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1)
}

function unavailable(ref: string | null, why: string, cause?: unknown): Error {
  const which = ref === null ? 'a secret reference' : `secret ${ref}`
  return configError('SECRET_UNAVAILABLE', `${which}: ${why}`, cause)
}
