import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { CheckOptions } from './check.ts'

export const addContracts: AddVerb = (program, run) => {
  const contracts = program
    .command('contracts')
    .description('say which consumer a schema, or a change of one, would break')
    .addHelpText('after', examples('fleet contracts check'))
  contracts
    .command('check')
    .description('compare what consumers declare with the schemas; exit 1 when one would break')
    .option('--schema <file>', 'a proposed Avro schema instead of the repository’s of that record')
    .option('--consumer <file>', 'only this declaration, wherever it stands')
    .addHelpText(
      'after',
      '\nReads schemas/consumers, the schemas and all released versions; asks no registry.\n' +
        examples(
          'fleet contracts check',
          'fleet contracts check --schema /tmp/journal-entry.avsc',
          'fleet contracts check --consumer ../billing/fleetstream.json --json | jq .findings',
        ),
    )
    .action((options: CheckOptions) =>
      run(async context => {
        const { checkContracts } = await import('./check.ts')
        return checkContracts(context, options)
      }),
    )
}
