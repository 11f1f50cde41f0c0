import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { TailOptions } from './tail.ts'

export const addTail: AddVerb = (program, run) => {
  program
    .command('tail <topic>')
    .description('print committed records of a topic, by its logical name or its full one')
    .option('--from <where>', 'earliest, latest, or a time (RFC 3339 or epoch)', 'latest')
    .option('--max <n>', 'end after this many records')
    .option('--timeout <s>', 'end after this time, but not before what is there now was printed')
    .option('--key <key>', 'only records with this key, as tenant/type/id')
    .option('--partition <p>', 'only this partition')
    .addHelpText(
      'after',
      examples(
        'fleet tail events.reservation                        follow new events',
        'fleet tail crm --from earliest --max 5 --json        five records as lines of JSON',
        'fleet tail raw --from 2026-11-21T08:00:00Z --timeout 5',
        'fleet tail state --from earliest --key demo/vehicle/V1 --timeout 0',
        'fleet tail dead-letters.processor --from earliest --timeout 0',
      ) +
        `
Follows the topic until Ctrl-C; --timeout 0 ends after what is there now. Records are in order
within a partition, not between partitions. Times are RFC 3339 and long bodies are cut; --json
has times in microseconds since 1970 and all bytes, in base64. fleet env lists the topics.
`,
    )
    .action((topic: string, options: TailOptions) =>
      run(async context => {
        const { tailTopic } = await import('./tail.ts')
        return tailTopic(context, topic, options)
      }),
    )
}
