// Endpoints by id from the control plane. Resolves when all of them have been read, or the process
// would judge records by nothing; while Kafka is away the last good ones stay.

import { kafkaConnection } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { EndpointCatalog, followControl } from '@fleet/control'
import type { ControlFollowerOptions } from '@fleet/control'
import { connectKafka } from '@fleet/kafka'
import type { Clock, Scope } from '@fleet/runtime'
import type { Endpoint } from '@fleet/sources'
import type { Logger } from '@fleet/telemetry'

export interface FollowEndpointsOptions {
  readonly settings: PlatformSettings
  readonly logger: Logger
  readonly clock: Clock
  readonly scope: Pick<Scope, 'onClose' | 'stopping'>
  /** Instead of the Kafka of the settings, for tests. */
  readonly broker?: ControlFollowerOptions['broker']
}

const lookMs = 50

export async function followEndpoints({
  settings,
  logger,
  clock,
  scope,
  broker = connectKafka(kafkaConnection(settings, 'fleet-processor-control')),
}: FollowEndpointsOptions): Promise<() => ReadonlyMap<string, Endpoint>> {
  const catalog = new EndpointCatalog(settings.mode)
  let endpoints: ReadonlyMap<string, Endpoint> = new Map()
  const follower = followControl({
    broker,
    clock,
    logger,
    onChange: state => {
      const reading = catalog.read(state)
      endpoints = reading.endpoints
      for (const [id, problem] of reading.problems) {
        logger.error({ event: 'endpoint.refused', endpoint: id, problem }, 'endpoint left out')
      }
    },
  })
  scope.onClose('control plane', () => follower.close())
  while (follower.readiness !== 'ok' && !scope.stopping.aborted) {
    await clock.sleep(lookMs, scope.stopping)
  }
  return () => endpoints
}
