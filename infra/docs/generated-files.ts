// All generated documents by path, made in memory: the generator writes them, the test compares them.

import { exampleEnvironment, platformSpec } from '@fleet/config'
import { aclsText } from '../acls/declared-acls.ts'
import { asyncapiText } from './asyncapi-document.ts'
import { configPage } from './config-page.ts'
import { errorsPage } from './errors-page.ts'
import { topicsPage } from './topics-page.ts'
import { workflowsPage } from './workflows-page.ts'
import { recordsSource } from '../schemas/generate-types.ts'
import { sinkDeclarations } from '../schemas/sink-declarations.ts'

export async function generatedFiles(): Promise<Record<string, string>> {
  return {
    'packages/contracts/src/records.ts': recordsSource(),
    '.env.example': exampleEnvironment(platformSpec),
    'docs/generated/topics.md': topicsPage(),
    'docs/generated/asyncapi.yaml': asyncapiText(),
    'infra/acls/acls.json': aclsText(),
    'docs/generated/config.md': configPage(),
    'docs/generated/errors.md': await errorsPage(),
    'docs/generated/workflows.md': workflowsPage(),
    ...sinkDeclarations(),
  }
}
