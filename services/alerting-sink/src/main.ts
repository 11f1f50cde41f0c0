// Starts the alerting router and the alerting sink.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { readDetectorSettings } from './read-detector-settings.ts'
import { alertingRouter, alertingSink } from './stage.ts'

const name = 'alerting-sink'

await runService(name, async scope => {
  const settings = platformSettings()
  const stages = [
    asStage(alertingRouter({ tickMs: settings.tickSeconds * 1000 })),
    asStage(alertingSink({ detectors: readDetectorSettings(settings.detectorsFile) })),
  ]
  await startStages(stages, {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger: createLogger(name, { level: settings.logLevel }),
    metrics: createMetrics(name),
    scope,
  })
})
