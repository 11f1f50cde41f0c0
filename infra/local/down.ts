// `make down`: ends the services, then the registry and Redis, then Kafka; only what `make up` started
// from this data folder. `services` as the argument leaves the infrastructure running.

import { takeDown } from './infrastructure.ts'
import { startProgress } from './progress.ts'
import { script } from './script.ts'
import { stopServices } from './services.ts'
import { readLocalSettings } from './settings.ts'

await script(async () => {
  const settings = readLocalSettings()
  const progress = startProgress(text => process.stdout.write(text))
  const report = (name: string, ending: string): void =>
    progress.line(`${name.padEnd(16)} ${ending}`)
  await stopServices(settings, report)
  if (process.argv[2] !== 'services') await takeDown(settings.folders, report)
  return true
})
