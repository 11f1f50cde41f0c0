// docs/generated/workflows.md: every workflow of automation as its declaration says it.

import { workflows } from '../../services/automation/src/index.ts'

type Workflow = (typeof workflows)[number]
type TaskPlan = Workflow['tasks'][number]

export function workflowsPage(): string {
  return [
    '# Workflows of automation',
    '',
    'Generated from `services/automation/src/core/workflows/` by `infra/docs/generate.ts`; do not edit.',
    'What the words mean and how to change them: [automation.md](../automation.md).',
    '',
    '| workflow | what comes of it | opens on | an event that did not win |',
    '| --- | --- | --- | --- |',
    ...workflows.map(workflowRow),
    '',
    '| task | group | starts as | then, by the times of the policy | closed by | outcome |',
    '| --- | --- | --- | --- | --- | --- |',
    ...workflows.flatMap(({ tasks }) => tasks.map(taskRow)),
    '',
  ].join('\n')
}

function workflowRow(workflow: Workflow): string {
  const { name, summary, opensOn, superseded, supersededBecause, countsFrom } = workflow
  const since = countsFrom === 'effective_at' ? '' : ' with a `due_at`'
  const opens = `${opensOn.map(code).join(', ')}${since}${aboutText(workflow)}`
  const late = `${superseded === 'open' ? 'opens it too' : 'opens nothing'}: ${supersededBecause}`
  return row([`\`${name}\``, summary, opens, late])
}

function aboutText({ about }: Workflow): string {
  switch (about) {
    case 'resource':
      return ''
    case 'connection':
      return ', one for each of permission and account'
    case 'signal':
      return ', one for each signal the vehicle is not capable of'
    case 'rate_limit':
      return ', with an error of type RATE_LIMIT'
  }
}

function taskRow({ kind, assigneeGroup, starts, timers, closes, outcome }: TaskPlan): string {
  const steps = timers.map(({ after, becomes }) => `\`${after}\` → ${becomes}`).join(', ')
  const ends = closes.map(({ on, state }) => `${on.map(code).join(', ')} → ${state}`).join('; ')
  return row([
    `\`${kind}\``,
    assigneeGroup,
    starts ?? 'not told yet',
    steps,
    ends === '' ? 'time alone' : ends,
    outcomeText(outcome),
  ])
}

function outcomeText(outcome: TaskPlan['outcome']): string {
  if (outcome === null) return ''
  return 'fixed' in outcome ? code(outcome.fixed) : '`fee`, `waive` or `warn`, by the policy'
}

function code(text: string): string {
  return `\`${text}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
