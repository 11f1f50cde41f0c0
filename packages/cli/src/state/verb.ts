import { InvalidArgumentError, Option } from 'commander'
import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { RebuildOptions } from './rebuild.ts'

export interface StateOptions {
  stage: StageName
  partition?: number
}

function partition(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Give a partition.')
  return value
}

const stageOption = (): Option =>
  new Option('--stage <name>', 'whose memory').choices(stageNames).makeOptionMandatory()

export const addState: AddVerb = (program, run) => {
  const state = program
    .command('state')
    .description('look at what a stage remembers, or make its changelog anew')
    .addHelpText('after', examples('fleet state inspect --stage processor'))
  state
    .command('inspect')
    .description('read the changelog: how much it holds, and whether it is what was committed')
    .addOption(stageOption())
    .option('--partition <n>', 'only this one', partition)
    .option('--resource <key>', 'show what is remembered of it: <tenant>/<type>/<id>')
    .addHelpText(
      'after',
      '\nReads committed records only and disturbs nobody. Exit 1 when a partition can not be trusted.\n' +
        examples(
          'fleet state inspect --stage processor',
          'fleet state inspect --stage processor --resource demo/vehicle/V1 --json',
        ),
    )
    .action((options: StateOptions & { resource?: string }) =>
      run(async context => {
        const { inspectVerb } = await import('./inspect.ts')
        return inspectVerb(context, options)
      }),
    )
  state
    .command('rebuild')
    .description('write the changelog anew from what else is in Kafka; writes no output')
    .addOption(stageOption())
    .option('--partition <n>', 'only this one', partition)
    .option('--dry-run', 'read everything, say what it would come to, write nothing', false)
    .option('--yes', 'do it; without, only what would be done is said', false)
    .option('--from-what-is-left', 'also where inputs have been deleted in part', false)
    .option('--accept-differences', 'also where other outputs are decided now than then', false)
    .addHelpText(
      'after',
      '\nFor a partition that does not start because its changelog can not be trusted. Of the processor:' +
        '\nregisters come from the state table, event ids from raw within the window. Any other stage decides' +
        '\nits inputs again, from the beginning up to where it stood, and what it would write is held against' +
        '\nwhat it wrote. The position stays. The stage must be stopped, in every process; whoever runs it all' +
        '\nthe same is fenced. Can be repeated.\n' +
        examples(
          'fleet state rebuild --stage processor --partition 3 --dry-run',
          'fleet state rebuild --stage processor --partition 3 --yes',
          'fleet state rebuild --stage accounting-sink --partition 3 --yes',
        ),
    )
    .action((options: StateOptions & RebuildOptions) =>
      run(async context => {
        const { rebuildVerb } = await import('./rebuild.ts')
        return rebuildVerb(context, options)
      }),
    )
}
