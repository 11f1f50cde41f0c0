import { Option } from 'commander'
import type { Command } from 'commander'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { DiscardOptions } from './discard.ts'
import type { ExportOptions } from './export.ts'
import type { FilterOptions } from './filter.ts'
import type { ListOptions } from './list.ts'
import type { ReplayOptions } from './replay.ts'

const collect = (value: string, before: string[] = []): string[] => [...before, value]

function withFilters(command: Command): Command {
  return command
    .option('--stage <stage>', 'of this stage; may be repeated', collect)
    .option('--code <code>', 'with this error code; may be repeated', collect)
    .option('--tenant <id>', 'of this tenant')
    .option('--type <type>', 'with this event type; may be repeated', collect)
    .option('--from <time>', 'failed at this time or later, RFC 3339')
    .option('--to <time>', 'failed before this time, RFC 3339')
}

function withReplayed(command: Command): Command {
  return command
    .option('--include-discarded', 'also letters that were discarded', false)
    .option('--again', 'also letters that were replayed and have not failed since', false)
    .option('--all', 'every open letter: asked for where there is neither id nor filter', false)
    .option('--resume <replay id>', 'go on with a replay that was stopped')
    .option('--give-up <replay id>', 'end a replay whose process has ended, without going on')
}

function statusOption(standard: string): Option {
  return new Option('--status <status>', 'only letters in this status')
    .choices(['open', 'replayed', 'discarded', 'any'])
    .default(standard)
}

export const addDlq: AddVerb = (program, run) => {
  const dlq = program
    .command('dlq')
    .description('dead letters: find, understand, replay at the stage that failed, discard')
    .addHelpText(
      'after',
      examples(
        'fleet dlq list --stage accounting-sink --code BAD_AMOUNT',
        'fleet dlq show 0123456789abcdef0123456789abcdef',
        'fleet dlq replay --stage processor --code INTERNAL --dry-run',
      ),
    )
  withFilters(dlq.command('list'))
    .description('show letters, the newest failure of each')
    .addOption(statusOption('open'))
    .option('--limit <n>', 'at most this many', '100')
    .addHelpText('after', examples('fleet dlq list --tenant demo --status any --json'))
    .action((options: FilterOptions & ListOptions) =>
      run(async context => (await import('./list.ts')).listLetters(context, options)),
    )
  dlq
    .command('show <id>')
    .description('show one letter whole, its record decoded, and what was done about it')
    .addHelpText('after', examples('fleet dlq show 0123456789abcdef0123456789abcdef --json'))
    .action((id: string) =>
      run(async context => (await import('./show.ts')).showLetter(context, id)),
    )
  withFilters(dlq.command('export'))
    .description('write letters whole, one JSON object a line')
    .addOption(statusOption('any'))
    .option('--out <file>', 'instead of standard output; must not exist')
    .addHelpText('after', examples('fleet dlq export --stage crm-sink --out letters.ndjson'))
    .action((options: FilterOptions & ExportOptions) =>
      run(async context => (await import('./export.ts')).exportLetters(context, options)),
    )
  withReplayed(withFilters(dlq.command('replay [ids...]')))
    .description('send open letters back to the stage that failed')
    .option('--dry-run', 'say what would be done, write nothing', false)
    .option('--rate <n>', 'at most this many letters a second', '100')
    .option('--reason <text>', 'kept with every letter')
    .option('--patch <file>', 'one letter: JSON merge patch (RFC 7396) of what failed')
    .option('--body <file>', 'one letter of the processor: its whole new body')
    .addHelpText(
      'after',
      examples(
        'fleet dlq replay --stage crm-sink --from 2026-11-21T08:00:00Z --rate 50',
        'fleet dlq replay 0123456789abcdef0123456789abcdef --patch amount.json --reason "typo"',
        'fleet dlq replay --resume 7e57c0de-0000-4000-8000-000000000000',
      ),
    )
    .action((ids: string[], options: FilterOptions & ReplayOptions) =>
      run(async context => (await import('./replay.ts')).replayLetters(context, ids, options)),
    )
  withFilters(dlq.command('discard [ids...]'))
    .description('set open letters aside, with a reason; nothing is deleted')
    .requiredOption('--reason <text>', 'why; kept with every letter')
    .option('--dry-run', 'say how many, write nothing', false)
    .option('--all', 'every open letter: asked for where there is neither id nor filter', false)
    .addHelpText(
      'after',
      examples('fleet dlq discard --code UNIDENTIFIED --tenant demo --reason "probes"'),
    )
    .action((ids: string[], options: FilterOptions & DiscardOptions) =>
      run(async context => (await import('./discard.ts')).discard(context, ids, options)),
    )
}
