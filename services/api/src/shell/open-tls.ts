// The certificate of the API, where it speaks TLS itself.

import { openCertificate } from '@fleet/config'
import type { ApiSettings, ServedCertificate } from '@fleet/config'
import { systemClock } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'

/** @throws FleetError TLS_UNUSABLE (fatal) when the files can't be used. */
export function openTls(
  files: ApiSettings['tls'],
  logger: Logger,
  metrics: Metrics,
): ServedCertificate | null {
  if (files === null) return null
  const certificate = openCertificate({
    ...files,
    names: ['FLEET_API_TLS_CERT_FILE', 'FLEET_API_TLS_KEY_FILE'],
    clock: systemClock,
    onRefused: problem => logger.error({ problem }, 'tls.certificate_refused'),
    onRenewed: expiresAtMs => {
      logger.info({ expiresAt: new Date(expiresAtMs).toISOString() }, 'tls.certificate_changed')
    },
  })
  metrics.gauge('fleet_api_certificate_seconds', 'Until the certificate expires.', () => [
    { value: Math.round((certificate.expiresAtMs - systemClock.wallMs()) / 1000) },
  ])
  return certificate
}
