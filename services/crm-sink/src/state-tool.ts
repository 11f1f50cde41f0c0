// A program for operators, started by `fleet state rebuild`: makes changelogs of this service anew.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { asRebuildable, runRebuildProgram } from '@fleet/stage'

import { crmRebuild } from './rebuild-rules.ts'
import { loadTaxonomy } from './shell/load-taxonomy.ts'
import { crmSink } from './stage.ts'

await runRebuildProgram(() => {
  const settings = platformSettings()
  const { stateHorizonDays, crmUnresolvedMax: unresolvedMax } = settings
  const taxonomy = loadTaxonomy(settings.crmTaxonomyFile)
  const declaration = crmSink({ taxonomy, stateHorizonDays, unresolvedMax })
  const stages = [asRebuildable({ declaration, rules: crmRebuild })]
  return {
    name: 'crm-sink',
    settings,
    kafka: kafkaConnection(settings, 'fleet-state'),
    stages,
  }
})
