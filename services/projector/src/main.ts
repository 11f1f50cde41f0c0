// Starts the projector: fleet.state.v1 into Redis, all partitions in one process.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { topics } from '@fleet/contracts'
import { runService } from '@fleet/runtime'
import { startView } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { openRedis } from './shell/redis-client.ts'
import { RedisStateView } from './shell/redis-state-view.ts'

const name = 'projector'

await runService(name, async scope => {
  const settings = platformSettings()
  const redis = openRedis(settings.redisUrl, `fleet-${name}`)
  scope.onClose('redis', () => redis.disconnect())
  const view = new RedisStateView(redis)
  await startView(
    { name, input: topics.state, view },
    {
      name,
      settings: { ...settings, healthPort: settings.healthPorts[name] },
      kafka: kafkaConnection(settings, `fleet-${name}`),
      logger: createLogger(name, { level: settings.logLevel }),
      metrics: createMetrics(name),
      scope,
      checks: () => ({ redis: view.check() }),
    },
  )
})
