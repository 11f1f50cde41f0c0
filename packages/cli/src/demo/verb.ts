import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addDemo: AddVerb = (program, run) => {
  program
    .command('demo')
    .description('send signed sample webhooks from four sources and follow them to the end')
    .addHelpText(
      'after',
      '\nSends a few hundred webhooks with a fresh run id to the demo endpoints, good ones and bad' +
        '\nones, waits until every stage has taken them, and compares what is in the topics with what' +
        '\neach sample declares. Exit 1 when something is not as expected. Development only.\n' +
        examples('fleet demo', 'fleet demo --json | jq .reconciled'),
    )
    .action(() =>
      run(async context => {
        const { demoVerb } = await import('./demo.ts')
        return demoVerb(context)
      }),
    )
}
