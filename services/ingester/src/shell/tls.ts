// The certificate the edge shows and its key, re-read when their files change. A pair that does not work
// never replaces one that does; without a first good one the edge does not start.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'
import { watchFile } from '@fleet/config'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'

export interface TlsOptions {
  readonly certFile: string
  readonly keyFile: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Tls {
  /** Of the pair in force. */
  readonly context: SecureContextOptions
  /** Called with every later pair. */
  onChange(apply: (context: SecureContextOptions) => void): void
  close(): void
}

const everyMs = 1000
/** Both files are replaced one after the other; between the two they do not fit. */
const settleMs = 500

/** @throws FleetError (fatal) when the files can't be used. */
export function openTls(options: TlsOptions): Tls {
  const { certFile, keyFile, clock, logger, metrics } = options
  let pair = readPair(certFile, keyFile)
  let apply = (_context: SecureContextOptions): void => {}
  let cancelSettling = (): void => {}
  const reload = (): void => {
    try {
      const next = readPair(certFile, keyFile)
      if (next.context.cert === pair.context.cert && next.context.key === pair.context.key) return
      pair = next
      apply(pair.context)
      logger.info(
        { expiresAt: new Date(pair.expiresAtMs).toISOString() },
        'tls.certificate_changed',
      )
    } catch (error) {
      logger.error({ problem: messageOf(error) }, 'tls.certificate_refused')
    }
  }
  const watch = (file: string): (() => void) => {
    const changed = (): void => {
      cancelSettling()
      cancelSettling = clock.after(settleMs, reload)
    }
    const onError = (error: unknown): void =>
      logger.error({ problem: messageOf(error) }, 'tls.certificate_refused')
    return watchFile(file, changed, { clock, everyMs, onError })
  }
  const stops = [watch(certFile), watch(keyFile)]
  metrics.gauge('fleet_ingest_certificate_seconds', 'Until the certificate expires.', () => [
    { value: Math.round((pair.expiresAtMs - clock.wallMs()) / 1000) },
  ])
  return {
    get context() {
      return pair.context
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

function readPair(certFile: string, keyFile: string): Pair {
  try {
    const cert = readFileSync(certFile, 'utf8')
    const context = { cert, key: readFileSync(keyFile, 'utf8'), minVersion: 'TLSv1.2' } as const
    // Throws when one of them is no PEM or the key is another certificate's.
    createSecureContext(context)
    return { context, expiresAtMs: Date.parse(new X509Certificate(cert).validTo) }
  } catch (error) {
    const remedy =
      'FLEET_TLS_CERT_FILE and FLEET_TLS_KEY_FILE must be a certificate and its key in PEM'
    throw new FleetError('TLS_UNUSABLE', 'fatal', `${remedy} (${messageOf(error)})`, {
      cause: error,
    })
  }
}
