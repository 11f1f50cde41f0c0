// A program for operators, started by `fleet state rebuild`: makes changelogs of this service anew.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { asRebuildable, runRebuildProgram } from '@fleet/stage'

import { tasksRebuild } from './rebuild-rules.ts'
import { readPolicies } from './shell/policies-file.ts'
import { automation } from './stage.ts'

await runRebuildProgram(() => {
  const settings = platformSettings()
  const policies = readPolicies(settings.automationPoliciesFile)
  const declaration = automation({ tickMs: settings.tickSeconds * 1000, policies })
  const stages = [asRebuildable({ declaration, rules: tasksRebuild })]
  return {
    name: 'automation',
    settings,
    kafka: kafkaConnection(settings, 'fleet-state'),
    stages,
  }
})
