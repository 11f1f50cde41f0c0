import type { AddVerb } from '../verb.ts'
import { examples } from '../verb.ts'

export const addTopics: AddVerb = (program, run) => {
  const topics = program
    .command('topics')
    .description('compare the topics in Kafka with their declaration, and bring them in line')
    .addHelpText('after', examples('fleet topics plan', 'fleet topics apply --json'))
  topics
    .command('plan')
    .description('show what apply would change; exit 1 when existing topics differ (drift)')
    .addHelpText('after', examples('fleet topics plan', 'fleet topics plan --json | jq .drift'))
    .action(() =>
      run(async context => {
        const { planTopicsVerb } = await import('./topics.ts')
        return planTopicsVerb(context)
      }),
    )
  topics
    .command('apply')
    .description('create missing topics and correct settings; never changes a partition count')
    .addHelpText('after', examples('fleet topics apply', 'FLEET_PARTITIONS=12 fleet topics apply'))
    .action(() =>
      run(async context => {
        const { applyTopicsVerb } = await import('./topics.ts')
        return applyTopicsVerb(context)
      }),
    )
}
