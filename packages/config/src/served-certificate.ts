// The certificate a service shows and its key, re-read when their files change. A pair that does not work
// never replaces one that does; without a first good one the service does not start.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'
import { messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { configError } from './errors.ts'
import { watchFile } from './watch-file.ts'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface CertificateOptions extends CertificateFiles {
  /** The settings that name the two files, for messages. */
  readonly names: readonly [cert: string, key: string]
  readonly clock: Pick<Clock, 'after'>
  readonly onRefused: (problem: string) => void
  readonly onRenewed: (expiresAtMs: number) => void
}

export interface ServedCertificate {
  /** Of the pair in force. */
  readonly context: SecureContextOptions
  readonly expiresAtMs: number
  /** Called with every later pair. */
  onChange(apply: (context: SecureContextOptions) => void): void
  close(): void
}

const everyMs = 1000
/** Both files are replaced one after the other; between the two they do not fit. */
const settleMs = 500

/** @throws FleetError TLS_UNUSABLE (fatal) when the files can't be used. */
export function openCertificate(options: CertificateOptions): ServedCertificate {
  const { certFile, keyFile, clock, onRefused, onRenewed } = options
  let pair = readPair(options)
  let apply = (_context: SecureContextOptions): void => {}
  let cancelSettling = (): void => {}
  const reload = (): void => {
    try {
      const next = readPair(options)
      if (next.context.cert === pair.context.cert && next.context.key === pair.context.key) return
      pair = next
      apply(pair.context)
      onRenewed(pair.expiresAtMs)
    } catch (error) {
      onRefused(messageOf(error))
    }
  }
  const watch = (file: string): (() => void) => {
    const changed = (): void => {
      cancelSettling()
      cancelSettling = clock.after(settleMs, reload)
    }
    return watchFile(file, changed, {
      clock,
      everyMs,
      onError: error => onRefused(messageOf(error)),
    })
  }
  const stops = [watch(certFile), watch(keyFile)]
  return {
    get context() {
      return pair.context
    },
    get expiresAtMs() {
      return pair.expiresAtMs
    },
    onChange: callback => {
      apply = callback
    },
    close: () => {
      cancelSettling()
      for (const stop of stops) stop()
    },
  }
}

interface Pair {
  readonly context: SecureContextOptions
  readonly expiresAtMs: number
}

function readPair({ certFile, keyFile, names }: CertificateOptions): Pair {
  try {
    const cert = readFileSync(certFile, 'utf8')
    const context = { cert, key: readFileSync(keyFile, 'utf8'), minVersion: 'TLSv1.2' } as const
    // Throws when one of them is no PEM or the key is another certificate's.
    createSecureContext(context)
    return { context, expiresAtMs: Date.parse(new X509Certificate(cert).validTo) }
  } catch (error) {
    const remedy = `${names.join(' and ')} must be a certificate and its key in PEM`
    throw configError('TLS_UNUSABLE', `${remedy} (${messageOf(error)})`, error)
  }
}
