// The certificate the edge shows, with its log lines and how long it is good for.

import { openCertificate } from '@fleet/config'
import type { CertificateFiles, ServedCertificate } from '@fleet/config'
import type { Clock } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'

export interface TlsOptions extends CertificateFiles {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

export type Tls = Pick<ServedCertificate, 'context' | 'onChange' | 'close'>

/** @throws FleetError TLS_UNUSABLE (fatal) when the files can't be used. */
export function openTls({ certFile, keyFile, clock, logger, metrics }: TlsOptions): Tls {
  const certificate = openCertificate({
    certFile,
    keyFile,
    names: ['FLEET_TLS_CERT_FILE', 'FLEET_TLS_KEY_FILE'],
    clock,
    onRefused: problem => logger.error({ problem }, 'tls.certificate_refused'),
    onRenewed: expiresAtMs => {
      logger.info({ expiresAt: new Date(expiresAtMs).toISOString() }, 'tls.certificate_changed')
    },
  })
  metrics.gauge('fleet_ingest_certificate_seconds', 'Until the certificate expires.', () => [
    { value: Math.round((certificate.expiresAtMs - clock.wallMs()) / 1000) },
  ])
  return certificate
}
