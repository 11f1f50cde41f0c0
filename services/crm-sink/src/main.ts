// Starts the crm-sink.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { crmSink } from './stage.ts'

const name = 'crm-sink'

await runService(name, async scope => {
  const settings = platformSettings()
  const stages = [asStage(crmSink())]
  await startStages(stages, {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger: createLogger(name, { level: settings.logLevel }),
    metrics: createMetrics(name),
    scope,
  })
})
