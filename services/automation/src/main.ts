// Starts automation.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { readPolicies } from './shell/policies-file.ts'
import { automation } from './stage.ts'

const name = 'automation'

await runService(name, async scope => {
  const settings = platformSettings()
  const logger = createLogger(name, { level: settings.logLevel })
  const policies = readPolicies(settings.automationPoliciesFile)
  logger.info({ event: 'policies.read', version: policies.version }, 'policies read')
  await startStages([asStage(automation({ tickMs: settings.tickSeconds * 1000, policies }))], {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger,
    metrics: createMetrics(name),
    scope,
  })
})
