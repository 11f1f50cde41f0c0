import { Option } from 'commander'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { SendOptions } from './send.ts'

const collect = (value: string, before: string[]): string[] => [...before, value]

export const addSend: AddVerb = (program, run) => {
  program
    .command('send <endpoint>')
    .description('send a signed webhook to an endpoint, as its source would')
    .option('--file <path>', 'send this file’s bytes as the body; - is standard input')
    .option('--type <type>', 'event type, as the source names it')
    .option('--resource <resource>', 'type/id, or an id alone')
    .option('--event-id <id>', 'event id (default: a new one)')
    .option('--occurred-at <time>', 'when it happened, written as given (default: now)')
    .option('--data <json>', 'the event’s data, a JSON object')
    .addOption(
      new Option('--mode <mode>', 'where the source has it').choices(['LIVE', 'TEST', 'SIMULATED']),
    )
    .option('--repeat <n>', 'send the same bytes this many times', '1')
    .option('--tamper', 'change the body after signing')
    .option('--unsigned', 'leave the signature out')
    .option(
      '--header <name:value>',
      'add or replace a header; twice for two of a name',
      collect,
      [],
    )
    .option(
      '--key-ref <ref>',
      'where the API key is, for an endpoint that takes one: file: or env:',
    )
    .option('--url <url>', 'base address of the ingester (default: the one of fleet env)')
    .addHelpText(
      'after',
      examples(
        'fleet send levy-demo --type reservation.created --resource reservation/R1',
        'fleet send levy-demo --type billing.charge_succeeded --resource charge/C1 \\',
        `    --data '{"amount":"12.50","currency":"EUR"}' --repeat 2`,
        'fleet send ump-demo --type booking_accepted --resource BK1',
        'fleet send smartcar-demo --type VEHICLE_STATE --resource V1',
        'fleet send sw-demo --type customer.created --resource customer/C7 --tamper',
        'fleet send levy-demo --file body.json',
      ),
    )
    .action((endpoint: string, options: SendOptions) =>
      run(async context => {
        const { sendVerb } = await import('./send.ts')
        return sendVerb(context, endpoint, options)
      }),
    )
}
