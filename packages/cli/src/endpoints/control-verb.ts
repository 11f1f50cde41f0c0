// The verbs of `fleet endpoints` that need the control plane.

import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'
import type { SecretOptions } from './control.ts'

export const addControlledEndpoints: AddVerb = (endpoints, run) => {
  endpoints
    .command('put <id>')
    .description('make or replace an endpoint of the control plane')
    .requiredOption('--tenant <id>', 'whose it is; never changes')
    .requiredOption('--file <path>', 'its entry without id, tenant_id and secrets; - is stdin')
    .addHelpText('after', examples('fleet endpoints put levy --tenant acme --file levy.json'))
    .action((id: string, options: { tenant: string; file: string }) =>
      run(async context => (await import('./control.ts')).putEndpoint(context, id, options)),
    )
  endpoints
    .command('delete <id>')
    .description('remove an endpoint of the control plane and its secrets')
    .addHelpText('after', examples('fleet endpoints delete levy'))
    .action((id: string) =>
      run(async context => (await import('./control.ts')).deleteEndpoint(context, id)),
    )
  endpoints
    .command('secret <endpoint> <id>')
    .description('make or replace a secret of the control plane; without a value only its times')
    .option('--value-file <path>', 'file with the secret; - is stdin')
    .option('--ref <ref>', 'file:<name> or env:<NAME> instead, read by every ingester')
    .option('--not-before <time>', 'RFC 3339')
    .option('--not-after <time>', 'RFC 3339')
    .addHelpText(
      'after',
      examples(
        'openssl rand -hex 32 | fleet endpoints secret levy k2 --value-file -',
        'fleet endpoints secret levy k1 --not-after 2027-01-01T00:00:00Z',
      ),
    )
    .action((endpoint: string, id: string, options: SecretOptions) =>
      run(async context =>
        (await import('./control.ts')).putSecret(context, endpoint, id, options),
      ),
    )
  endpoints
    .command('delete-secret <endpoint> <id>')
    .description('remove a secret of the control plane')
    .addHelpText('after', examples('fleet endpoints delete-secret levy k1'))
    .action((endpoint: string, id: string) =>
      run(async context => (await import('./control.ts')).deleteSecret(context, endpoint, id)),
    )
  endpoints
    .command('import [file]')
    .description('merge an endpoints file into the control plane (default: the configured one)')
    .option('--prune', 'remove secrets of its endpoints that the file has not', false)
    .addHelpText('after', examples('fleet endpoints import infra/local/endpoints.json'))
    .action((file: string | undefined, options: { prune: boolean }) =>
      run(async context =>
        (await import('./control.ts')).importEndpoints(context, file ?? null, options),
      ),
    )
  endpoints
    .command('export')
    .description('the endpoints of the control plane as an endpoints file, secrets as references')
    .addHelpText('after', examples('fleet endpoints export > endpoints.json'))
    .action(() => run(async context => (await import('./control.ts')).exportEndpoints(context)))
}
