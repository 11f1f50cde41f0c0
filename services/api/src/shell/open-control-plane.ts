// The control plane on the real Kafka, where it is switched on.

import { kafkaConnection, resolveSecret } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { ControlPlane, MasterKeys } from '@fleet/control'
import { connectKafka } from '@fleet/kafka'
import { messageOf, systemClock, systemIds } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'

/** @throws FleetError MASTER_KEY_INVALID, SECRET_UNAVAILABLE (fatal): better now than at a change. */
export function openControlPlane(
  settings: PlatformSettings,
  metrics: Metrics,
  logger: Logger,
): ControlPlane | null {
  if (settings.controlPlane === 'off') return null
  const { controlKeyRef, dataDir, mode } = settings
  const read = (): MasterKeys =>
    MasterKeys.parse(resolveSecret(controlKeyRef, dataDir, mode).toString('utf8'))
  let lastGood = read()
  const masterKeys = (): MasterKeys => {
    try {
      lastGood = read()
    } catch (error) {
      logger.error({ problem: messageOf(error) }, 'control.master_keys_unread')
    }
    return lastGood
  }
  const plane = new ControlPlane({
    broker: connectKafka(kafkaConnection(settings, 'api')),
    environment: settings.environment,
    mode,
    rotateDays: settings.apiKeyRotateDays,
    masterKeys,
    clock: systemClock,
    ids: systemIds,
    logger,
  })
  metrics.gauge('fleet_api_keys_overdue', 'API keys that should have been rotated by now', () => [
    { value: plane.overdueKeys() },
  ])
  return plane
}
