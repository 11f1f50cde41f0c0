import { InvalidArgumentError } from 'commander'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { BalanceOptions, CloseOptions, ControlOptions } from './options.ts'

function month(text: string): string {
  if (/^[0-9]{4}-(?:0[1-9]|1[0-2])$/.test(text)) return text
  throw new InvalidArgumentError('Give a month, YYYY-MM.')
}

function seconds(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('Give seconds, 0 or more.')
}

const waitText = 'wait up to so many seconds until every partition has followed it'
const reasonText = 'kept with the instruction'

export const addLedger: AddVerb = (program, run) => {
  const ledger = program
    .command('ledger')
    .description('the books: trial balance, checks, closing a month')
    .addHelpText('after', examples('fleet ledger trial-balance --tenant demo --period 2026-10'))
  addChecks(ledger, run)
  addInstructions(ledger, run)
}

const addChecks: AddVerb = (ledger, run) => {
  ledger
    .command('trial-balance')
    .description('sum the whole journal by account, and hold it against what the ledger remembers')
    .option('--tenant <id>', 'only this one')
    .option('--period <month>', 'only what is posted to this month, YYYY-MM', month)
    .option('--currency <code>', 'only this one')
    .addHelpText(
      'after',
      '\nCounts every entry id once. Exit 1 when debits and credits differ, or journal and memory do;\n' +
        'exit 2 for a tenant that the ledger does not have, or a currency that there is not.\n' +
        examples(
          'fleet ledger trial-balance --tenant demo --period 2026-10',
          "fleet ledger trial-balance --json | jq '.rows[]'",
        ),
    )
    .action((options: BalanceOptions) =>
      run(async context => {
        const { trialBalanceVerb } = await import('./trial-balance.ts')
        return trialBalanceVerb(context, options)
      }),
    )
  ledger
    .command('verify')
    .description(
      'check every entry of the journal, and journal against memory, partition by partition',
    )
    .addHelpText(
      'after',
      `\nExit 1 when a rule is broken.\n${examples('fleet ledger verify --json')}`,
    )
    .action(() =>
      run(async context => {
        const { verifyVerb } = await import('./verify.ts')
        return verifyVerb(context)
      }),
    )
}

const addInstructions: AddVerb = (ledger, run) => {
  ledger
    .command('close')
    .description('close a month of a tenant, and all before it: later entries post to the next one')
    .argument('<month>', 'YYYY-MM, one that is over', month)
    .requiredOption('--tenant <id>', 'whose month')
    .requiredOption('--reason <text>', `why; ${reasonText}`)
    .option('--new-tenant', 'also for a tenant of which the ledger has no entry', false)
    .option('--wait <s>', waitText, seconds, 30)
    .addHelpText(
      'after',
      '\nIt can not be opened again. Exit 1 when it is not closed in every partition in time.\n' +
        examples('fleet ledger close 2026-10 --tenant demo --reason "October reviewed"'),
    )
    .action((period: string, options: CloseOptions) =>
      run(async context => {
        const { closeVerb } = await import('./control.ts')
        return closeVerb(context, period, options)
      }),
    )
  ledger
    .command('use-chart')
    .description('book by another chart of accounts from here on')
    .argument('<version>', 'of a chart in FLEET_LEDGER_CHARTS_FILE of every accounting-sink')
    .option('--reason <text>', reasonText)
    .option('--wait <s>', waitText, seconds, 30)
    .addHelpText('after', examples('fleet ledger use-chart 2 --reason "new fiscal year"'))
    .action((version: string, options: ControlOptions) =>
      run(async context => {
        const { useChartVerb } = await import('./control.ts')
        return useChartVerb(context, version, options)
      }),
    )
}
