import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import { addControlledEndpoints } from './control-verb.ts'

const minutesDefault = '10'

export const addEndpoints: AddVerb = (program, run) => {
  const endpoints = program
    .command('endpoints')
    .description('the endpoints file, and the endpoints of the control plane')
    .addHelpText('after', examples('fleet endpoints list', 'fleet endpoints arm smartcar-demo'))
  endpoints
    .command('list')
    .description(
      'show every endpoint in force: of the file, or of the control plane where it is on',
    )
    .addHelpText('after', examples('fleet endpoints list --json | jq -r .endpoints[].id'))
    .action(() =>
      run(async context => {
        const { listEndpoints } = await import('./endpoints.ts')
        return listEndpoints(context)
      }),
    )
  endpoints
    .command('arm <id>')
    .description('answer one unsigned verification challenge of this endpoint, for a short time')
    .option('--minutes <n>', 'how long it stays armed, 1 to 60', minutesDefault)
    .addHelpText(
      'after',
      examples(
        'fleet endpoints arm smartcar-demo',
        'fleet endpoints arm smartcar-demo --minutes 3',
      ),
    )
    .action((id: string, options: { minutes: string }) =>
      run(async context => {
        const { armEndpoint } = await import('./endpoints.ts')
        return armEndpoint(context, id, options.minutes)
      }),
    )
  endpoints
    .command('uses [endpoint]')
    .description('show when each key of a sender was last used, to a minute')
    .addHelpText('after', examples('fleet endpoints uses', 'fleet endpoints uses levy --json'))
    .action((endpoint: string | undefined) =>
      run(async context => {
        const { showUses } = await import('./uses.ts')
        return showUses(context, endpoint ?? null)
      }),
    )
  addControlledEndpoints(endpoints, run)
}
