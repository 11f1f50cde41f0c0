// Starts the ingester.

import { join } from 'node:path'
import { httpRegistry, openCodec } from '@fleet/codec'
import { platformSettings, redacted } from '@fleet/config'
import { connectKafka } from '@fleet/kafka'
import { runService, systemClock, systemIds } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { startEdge } from './edge.ts'

await runService('ingester', async scope => {
  const settings = platformSettings()
  const logger = createLogger('ingester', { level: settings.logLevel })
  const codec = await openCodec({
    registry: httpRegistry(settings.registryUrl),
    cacheFile: join(settings.dataDir, 'schemas', 'ingester.json'),
    clock: systemClock,
  })
  const { port } = await startEdge(scope, {
    settings,
    broker: connectKafka({ brokers: settings.kafkaBrokers, clientId: 'ingester' }),
    codec,
    metrics: createMetrics('ingester'),
    logger,
    clock: systemClock,
    ids: systemIds,
  })
  logger.info({ port, settings: redacted(settings) }, 'service.started')
})
