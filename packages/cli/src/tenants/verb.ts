import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addTenants: AddVerb = (program, run) => {
  const tenants = program
    .command('tenants')
    .description('tenants of the control plane')
    .addHelpText('after', examples('fleet tenants list', 'fleet tenants put acme --name Acme'))
  tenants
    .command('list')
    .description('show every tenant')
    .addHelpText('after', examples('fleet tenants list --json | jq -r .tenants[].id'))
    .action(() => run(async context => (await import('./tenants.ts')).listTenants(context)))
  tenants
    .command('put <id>')
    .description('make a tenant, or change its name')
    .requiredOption('--name <name>', 'its name')
    .addHelpText('after', examples('fleet tenants put acme --name "Acme Rentals"'))
    .action((id: string, options: { name: string }) =>
      run(async context => (await import('./tenants.ts')).putTenant(context, id, options.name)),
    )
  tenants
    .command('delete <id>')
    .description('remove a tenant that has neither endpoints nor API keys')
    .addHelpText('after', examples('fleet tenants delete acme'))
    .action((id: string) =>
      run(async context => (await import('./tenants.ts')).deleteTenant(context, id)),
    )
}
