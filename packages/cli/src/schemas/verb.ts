import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addSchemas: AddVerb = (program, run) => {
  const schemas = program
    .command('schemas')
    .description('compare this release’s schemas with the registry, and register them')
    .addHelpText('after', examples('fleet schemas check', 'fleet schemas register'))
  schemas
    .command('check')
    .description('show each subject’s version and id; exit 1 when a schema is incompatible')
    .addHelpText('after', examples('fleet schemas check --json | jq .subjects'))
    .action(() =>
      run(async context => {
        const { checkSchemasVerb } = await import('./schemas.ts')
        return checkSchemasVerb(context)
      }),
    )
  schemas
    .command('register')
    .description('register all schemas; registering again changes nothing')
    .addHelpText('after', examples('fleet schemas register'))
    .action(() =>
      run(async context => {
        const { registerSchemasVerb } = await import('./schemas.ts')
        return registerSchemasVerb(context)
      }),
    )
}
