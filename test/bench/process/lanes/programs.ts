// The programs of both lanes and the processor as `make up` runs it, built from the present sources.

import { join } from 'node:path'

import { buildPrograms } from '../../../../infra/local/programs.ts'
import { repositoryRoot } from '../../../../infra/local/settings.ts'

const own = join(repositoryRoot, 'test/bench/process/lanes')

export const programs = await buildPrograms({
  full: join(own, 'full.ts'),
  equal: join(own, 'equal.ts'),
  processor: join(repositoryRoot, 'services/processor/src/main.ts'),
})
