// Starts the API.

import { createServer } from 'node:http'
import { platformSettings } from '@fleet/config'
import { runService, systemClock } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { closeServer, listen } from './shell/http-listener.ts'
import { createApi } from './shell/http-app.ts'
import { openControlPlane } from './shell/open-control-plane.ts'
import { openRedis, redisStateStore } from './shell/redis-state-store.ts'

await runService('api', async scope => {
  const settings = platformSettings()
  const logger = createLogger('api', { level: settings.logLevel })
  const redis = openRedis(settings.redisUrl)
  scope.onClose('redis', () => redis.disconnect())
  const metrics = createMetrics('api')
  const plane = openControlPlane(settings, metrics, logger)
  scope.onClose('control', () => plane?.close())
  const ports = {
    store: redisStateStore(redis),
    metrics,
    logger,
    clock: systemClock,
    plane,
    isKeyRequired: settings.mode === 'production',
  }
  const server = createServer(createApi(ports))
  await listen(server, settings.host, settings.apiPort)
  scope.onClose('http', () => closeServer(server))
  logger.info({ port: settings.apiPort }, 'service.started')
})
