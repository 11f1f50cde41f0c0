import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

const defaultFile = 'infra/acls/acls.json'
const fileOption = ['--file <path>', 'the declared rights, by service user', defaultFile] as const

export const addAcls: AddVerb = (program, run) => {
  const acls = program
    .command('acls')
    .description("compare the services' rights in Kafka (ACLs) with their declaration")
    .addHelpText('after', examples('fleet acls plan', 'fleet acls apply --json'))
  acls
    .command('plan')
    .description('show what apply would change; exit 1 when rights exist that are not declared')
    .option(...fileOption)
    .addHelpText('after', examples('fleet acls plan', 'fleet acls plan --json | jq .drift'))
    .action((options: { file: string }) =>
      run(async context => {
        const { planAclsVerb } = await import('./acls.ts')
        return planAclsVerb(context, options)
      }),
    )
  acls
    .command('apply')
    .description("grant what is declared, take away the rest; touches nobody else's rights")
    .option(...fileOption)
    .addHelpText(
      'after',
      examples('fleet acls apply', 'FLEET_ENV=production fleet acls apply --file our-acls.json'),
    )
    .action((options: { file: string }) =>
      run(async context => {
        const { applyAclsVerb } = await import('./acls.ts')
        return applyAclsVerb(context, options)
      }),
    )
}
