// Starts the API.

import { platformSettings } from '@fleet/config'
import { runService, systemClock } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { openDeadLetters } from './shell/dead-letters/open-dead-letters.ts'
import { closeServer, listen, openServer } from './shell/http-listener.ts'
import { createApi } from './shell/http-app.ts'
import { openControlPlane } from './shell/open-control-plane.ts'
import { openTls } from './shell/open-tls.ts'
import { openRedis, redisStateStore } from './shell/redis-state-store.ts'

await runService('api', async scope => {
  const settings = platformSettings(undefined, 'api')
  const logger = createLogger('api', { level: settings.logLevel })
  const redis = openRedis(settings.redisUrl)
  scope.onClose('redis', () => redis.disconnect())
  const metrics = createMetrics('api')
  const plane = openControlPlane(settings, metrics, logger)
  const isKeyRequired = settings.mode === 'production'
  if (isKeyRequired && plane === null) {
    const message = 'no resource can be read: keys are required; set FLEET_CONTROL_PLANE=on'
    logger.warn({ event: 'api.keys_missing' }, message)
  }
  scope.onClose('control', () => plane?.close())
  const deadLetters = openDeadLetters({ settings, plane, metrics, logger, scope })
  const ports = {
    store: redisStateStore(redis),
    metrics,
    logger,
    clock: systemClock,
    plane,
    deadLetters,
    isKeyRequired,
    failedLoginsPerMinute: settings.api.failedLoginsPerMinute,
    trustedProxies: settings.ingest.trustedProxies,
  }
  const certificate = openTls(settings.api.tls, logger, metrics)
  scope.onClose('tls', () => certificate?.close())
  const server = openServer(createApi(ports), certificate)
  await listen(server, settings.host, settings.apiPort)
  scope.onClose('http', () => closeServer(server))
  logger.info({ port: settings.apiPort }, 'service.started')
})
