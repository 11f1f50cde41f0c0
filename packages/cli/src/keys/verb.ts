import { InvalidArgumentError } from 'commander'
import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { CreateOptions } from './keys.ts'

const overlapDefault = '86400'
const known = ['events:read', 'events:write', 'dlq:replay', 'endpoints:write', 'admin']

function readScope(value: string, before: string[] = []): string[] {
  if (!known.includes(value))
    throw new InvalidArgumentError(`It must be one of ${known.join(', ')}.`)
  return [...new Set([...before, value])]
}

export const addKeys: AddVerb = (program, run) => {
  const keys = program
    .command('keys')
    .description('API keys of the control plane, and its master keys')
    .addHelpText(
      'after',
      examples(
        'fleet keys list',
        'fleet keys create --name partner --tenant demo --scope events:read',
        'fleet keys rotate 0123456789abcdef --overlap 3600',
      ),
    )
  keys
    .command('list')
    .description('show every API key the own key reaches; never its text')
    .addHelpText('after', examples('fleet keys list --json | jq -r .keys[].id'))
    .action(() => run(async context => (await import('./keys.ts')).listKeys(context)))
  keys
    .command('create')
    .description('make an API key; its text is printed this once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scope>', `may be repeated: ${known.join(', ')}`, readScope)
    .option('--tenant <id>', 'reaches this tenant alone; without it every tenant')
    .option('--endpoint <id>', 'with events:write: delivers to this endpoint alone')
    .option('--expires <time>', 'RFC 3339; without it never')
    .addHelpText(
      'after',
      examples(
        'fleet keys create --name ops --scope admin --expires 2027-01-01T00:00:00Z',
        'fleet keys create --name "Old sender" --scope events:write --tenant acme --endpoint old',
      ),
    )
    .action((options: CreateOptions) =>
      run(async context => (await import('./keys.ts')).createKey(context, options)),
    )
  keys
    .command('rotate <id>')
    .description('make the successor of a key; both work until the overlap ends')
    .option('--overlap <seconds>', 'how long both work', overlapDefault)
    .addHelpText('after', examples('fleet keys rotate 0123456789abcdef --overlap 3600'))
    .action((id: string, options: { overlap: string }) =>
      run(async context => (await import('./keys.ts')).rotateKey(context, id, options.overlap)),
    )
  keys
    .command('delete <id>')
    .description('remove a key: it lets nobody in any more')
    .addHelpText('after', examples('fleet keys delete 0123456789abcdef'))
    .action((id: string) =>
      run(async context => (await import('./keys.ts')).deleteKey(context, id)),
    )
  keys
    .command('reseal')
    .description('after a new master key: seal every secret again by it')
    .addHelpText('after', examples('fleet keys reseal'))
    .action(() => run(async context => (await import('./keys.ts')).resealSecrets(context)))
  keys
    .command('bootstrap')
    .description('make the first admin key, where there is none; needs Kafka and the master key')
    .option('--with-endpoints', 'begin with the endpoints file', false)
    .addHelpText('after', examples('FLEET_CONTROL_PLANE=on fleet keys bootstrap'))
    .action((options: { withEndpoints: boolean }) =>
      run(async context => (await import('./bootstrap.ts')).bootstrapKey(context, options)),
    )
}
