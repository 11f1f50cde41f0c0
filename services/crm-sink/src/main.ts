// Starts the crm-sink.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { loadTaxonomy } from './shell/load-taxonomy.ts'
import { crmSink } from './stage.ts'

const name = 'crm-sink'

await runService(name, async scope => {
  const settings = platformSettings()
  const { stateHorizonDays, crmUnresolvedMax: unresolvedMax } = settings
  const taxonomy = loadTaxonomy(settings.crmTaxonomyFile)
  const sink = crmSink({ taxonomy, stateHorizonDays, unresolvedMax })
  await startStages([asStage(sink)], {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger: createLogger(name, { level: settings.logLevel }),
    metrics: createMetrics(name),
    scope,
  })
})
