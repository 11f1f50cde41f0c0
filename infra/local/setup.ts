// The one-shot of docker-compose.yml: secrets, topics, schemas; what `make up` does between the
// infrastructure and the services. Safe to repeat.

import { prepareContracts } from './prepare-contracts.ts'
import { script } from './script.ts'
import { readLocalSettings } from './settings.ts'

await script(async () => {
  await prepareContracts(readLocalSettings(), text => process.stdout.write(`${text}\n`))
  return true
})
