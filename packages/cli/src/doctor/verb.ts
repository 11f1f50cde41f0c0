import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addDoctor: AddVerb = (program, run) => {
  program
    .command('doctor')
    .description('check everything that should run, and say what to do about what is wrong')
    .addHelpText(
      'after',
      examples('fleet doctor', `fleet doctor --json | jq '.checks[] | select(.ok | not)'`) +
        '\nExit 1 when a check fails, 3 when Kafka is not reachable.\n',
    )
    .action(() =>
      run(async context => {
        const { doctorVerb } = await import('./doctor.ts')
        return doctorVerb(context)
      }),
    )
}
