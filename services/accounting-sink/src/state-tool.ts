// A program for operators, started by `fleet state rebuild`: makes changelogs of this service anew.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { asRebuildable, runRebuildProgram } from '@fleet/stage'

import { readCharts } from './charts-file.ts'
import { ledgerRebuild } from './rebuild-rules.ts'
import { accountingSink } from './stage.ts'

await runRebuildProgram(() => {
  const settings = platformSettings()
  const { ledgerChartsFile, ledgerMemoryDays: memoryDays } = settings
  const declaration = accountingSink({ charts: readCharts(ledgerChartsFile), memoryDays })
  const stages = [asRebuildable({ declaration, rules: ledgerRebuild })]
  return {
    name: 'accounting-sink',
    settings,
    kafka: kafkaConnection(settings, 'fleet-state'),
    stages,
  }
})
