import { InvalidArgumentError } from 'commander'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give seconds, 0 or more.')
  return value
}

export const addVerify: AddVerb = (program, run) => {
  program
    .command('verify')
    .description(
      'recompute from the topics whether every raw record ended as it must, exactly once',
    )
    .option('--wait <s>', 'wait up to so many seconds until nothing is pending', seconds, 0)
    .addHelpText(
      'after',
      '\nReads raw, the event topics, state and dead letters, decides every raw record again with a' +
        '\nmodel of its own and compares, field by field. Exit 1 when a rule is broken or records stay pending.\n' +
        examples('fleet verify', 'fleet verify --wait 30 --json | jq .violations'),
    )
    .action((options: { wait: number }) =>
      run(async context => {
        const { verifyVerb } = await import('./verify.ts')
        return verifyVerb(context, options.wait * 1000)
      }),
    )
}
