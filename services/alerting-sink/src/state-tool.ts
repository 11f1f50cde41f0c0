// A program for operators, started by `fleet state rebuild`: makes changelogs of this service anew.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { asRebuildable, runRebuildProgram } from '@fleet/stage'

import { readDetectorSettings } from './read-detector-settings.ts'
import { alertsRebuild, routerRebuild } from './rebuild-rules.ts'
import { alertingRouter, alertingSink } from './stage.ts'

await runRebuildProgram(() => {
  const settings = platformSettings()
  const router = alertingRouter({ tickMs: settings.tickSeconds * 1000 })
  const sink = alertingSink({ detectors: readDetectorSettings(settings.detectorsFile) })
  const stages = [
    asRebuildable({ declaration: router, rules: routerRebuild }),
    asRebuildable({ declaration: sink, rules: alertsRebuild }),
  ]
  return {
    name: 'alerting-sink',
    settings,
    kafka: kafkaConnection(settings, 'fleet-state'),
    stages,
  }
})
