// Starts the ingester, in as many processes as settings say.

import { join } from 'node:path'
import { httpRegistry, openCodec } from '@fleet/codec'
import { kafkaConnection, platformSettings, redacted } from '@fleet/config'
import { connectKafka } from '@fleet/kafka'
import { runService, systemClock, systemIds } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { startEdge } from './edge.ts'
import { startProcesses } from './workers/start-processes.ts'

await runService('ingester', async scope => {
  const settings = platformSettings(undefined, 'https')
  const logger = createLogger('ingester', { level: settings.logLevel })
  const processes = { count: settings.ingestWorkers, logger, clock: systemClock }
  await startProcesses(scope, processes, async (own, shown) => {
    const codec = await openCodec({
      registry: httpRegistry(settings.registryUrl),
      cacheFile: join(settings.dataDir, 'schemas', 'ingester.json'),
      clock: systemClock,
    })
    const broker = connectKafka(kafkaConnection(settings, 'ingester'))
    const { port } = await startEdge(own, {
      settings,
      broker,
      controlBroker: broker,
      codec,
      metrics: createMetrics('ingester'),
      logger,
      clock: systemClock,
      ids: systemIds,
      ...shown,
    })
    logger.info({ port, pid: process.pid, settings: redacted(settings) }, 'service.started')
  })
})
