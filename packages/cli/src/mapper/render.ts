// The report of a run in shadow for a person: what would change, what of it harms, where to look.

import { table, visible } from '../terminal.ts'
import type { Context } from '../verb.ts'
import type { RetryCounts } from './retries.ts'
import { meaningOf } from './shadow-report.ts'
import type { Example, ShadowReport } from './shadow-report.ts'

type Shown = Pick<
  ShadowReport,
  'records' | 'changed' | 'undecodable' | 'without_endpoint' | 'dead_letters' | 'examples'
> & {
  ok: boolean
  present: string
  candidate: string
  dangers: Readonly<Record<string, number>>
  by_event_type: ShadowReport['by_event_type']
  retries: RetryCounts
}

type Output = Pick<Context, 'terminal'>

export function renderExample({ terminal }: Output, example: Example): string {
  const { bold, dim, red } = terminal.colors
  const at = `${example.topic}-${example.partition}@${example.offset}`
  const lines = [`${bold(named(example.event_type))} ${dim(at)} ${red(example.dangers.join(' '))}`]
  if (example.dead_letter !== null) {
    const { present, candidate } = example.dead_letter
    lines.push(`  ${named(present ?? 'an event')} would be ${named(candidate ?? 'an event')}`)
  }
  for (const { field, ...values } of example.fields) {
    const isShown = 'present' in values || 'candidate' in values
    const change = visible(
      `${JSON.stringify(values.present)} → ${JSON.stringify(values.candidate)}`,
    )
    lines.push(`  ${named(field)}${isShown ? `: ${change}` : ''}`)
  }
  for (const reason of example.reasons) lines.push(`  ${named(reason)}`)
  return `${lines.join('\n')}\n`
}

export function renderReport(output: Output, report: Shown): void {
  const { terminal } = output
  const { green, red, yellow } = terminal.colors
  for (const example of report.examples) terminal.write(renderExample(output, example))
  const rows = Object.entries(report.by_event_type).map(([type, { changed, fields }]) => [
    named(type),
    changed,
    Object.entries(fields)
      .map(([field, count]) => `${named(field)} ${count}`)
      .join(', '),
  ])
  if (rows.length > 0) {
    terminal.write(table(terminal, ['event type', 'changed', 'fields and how often'], rows))
  }
  for (const [way, codes] of Object.entries(report.dead_letters)) {
    for (const [code, count] of Object.entries(codes)) {
      terminal.write(`${count} dead letters ${named(code)} ${way.replace('_', ' ')}\n`)
    }
  }
  for (const [danger, count] of Object.entries(report.dangers)) {
    terminal.write(`${red(danger)} ${count}: ${meaningOf(danger)}\n`)
  }
  terminal.write(retriesText(report.retries))
  if (report.without_endpoint > 0) {
    const count = report.without_endpoint
    terminal.write(
      `${yellow('note')} ${count} records are of an endpoint that is in no file read\n`,
    )
  }
  const { records, changed, undecodable, present, candidate } = report
  const verdict = report.ok ? green('ok') : red('not without harm')
  terminal.write(
    `${verdict} mapper ${present} and ${candidate} over ${records} records: ${changed} would change` +
      `${undecodable === 0 ? '' : `, ${undecodable} can not be read by either`}\n`,
  )
}

/** Names of types and members are of whoever sent them: a line break would forge a line of ours. */
function named(text: string): string {
  return visible(text).replaceAll(/[\r\n\t]/g, ' ')
}

function retriesText({ seen, become_conflicts, published_again, complete }: RetryCounts): string {
  if (become_conflicts + published_again === 0) return ''
  return (
    `With the switch in between, of ${complete ? '' : 'at least '}${seen} retries in this range ` +
    `${become_conflicts} would be ID_CONFLICT and ${published_again} published again.\n`
  )
}
