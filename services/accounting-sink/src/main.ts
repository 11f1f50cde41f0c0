// Starts the accounting-sink.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { readCharts } from './charts-file.ts'
import { accountingSink } from './stage.ts'

const name = 'accounting-sink'

await runService(name, async scope => {
  const settings = platformSettings()
  const { ledgerChartsFile, ledgerMemoryDays: memoryDays } = settings
  const metrics = createMetrics(name)
  const excesses = metrics.counter(
    'fleet_ledger_refund_excesses_total',
    'Entries that show refunds beyond their charge.',
  )
  excesses.add(0)
  const charts = readCharts(ledgerChartsFile)
  const onExcesses = (count: number): void => excesses.add(count)
  const stages = [asStage(accountingSink({ charts, memoryDays, onExcesses }))]
  await startStages(stages, {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger: createLogger(name, { level: settings.logLevel }),
    metrics,
    scope,
  })
})
