import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { ShadowOptions } from './shadow.ts'

export const addMapper: AddVerb = (program, run) => {
  const mapper = program
    .command('mapper')
    .description('compare versions of what makes events of raw deliveries')
    .addHelpText('after', examples('fleet mapper shadow --candidate .fleet/next --from earliest'))
  mapper
    .command('shadow')
    .description('run a candidate beside the present mapper and report what would change')
    .option('--candidate <module>', 'a version, a module that exports normalize, or a work tree')
    .option('--candidate-endpoints <file>', 'an endpoints file whose paths are to be tried')
    .option('--from <where>', 'earliest, latest, or a time (RFC 3339 or epoch)', 'earliest')
    .option('--to <where>', 'a time, or latest: what is there now (default)')
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .option('--timeout <s>', 'with --follow: end after this time')
    .option('--examples <n>', 'show so many of the first differences', '10')
    .option('--show-values', 'show values of fields too: they may be personal data')
    .addHelpText(
      'after',
      '\nReads committed records of the raw topic and never writes. Exit 1 when something would harm:' +
        '\nother ids or fingerprints, another topic, new dead letters. Runs the code of the candidate.\n' +
        examples(
          'fleet mapper shadow --candidate .fleet/next',
          'fleet mapper shadow --candidate .fleet/next --from 2026-11-20T00:00:00Z --json | jq .dangers',
          'fleet mapper shadow --candidate-endpoints endpoints.next.json --follow',
        ),
    )
    .action((options: ShadowOptions) =>
      run(async context => {
        const { shadowVerb } = await import('./shadow.ts')
        return shadowVerb(context, options)
      }),
    )
}
