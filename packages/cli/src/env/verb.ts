import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addEnv: AddVerb = (program, run) => {
  program
    .command('env')
    .description('show addresses, files, topics and endpoints as the services see them')
    .addHelpText('after', examples('fleet env', 'fleet env --json | jq -r .topics.raw'))
    .action(() =>
      run(async context => {
        const { showEnvironment } = await import('./show-environment.ts')
        return showEnvironment(context)
      }),
    )
}
