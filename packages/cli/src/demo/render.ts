// The result of a run for a person: what was sent, where it went, and whether it adds up.

import { table } from '../terminal.ts'
import type { Terminal } from '../terminal.ts'
import { total } from './reconcile/figures.ts'
import type { Counts, Figures } from './reconcile/figures.ts'
import type { DemoResult } from './report.ts'
import { demoEndpointIds, sampleKinds } from './samples/sample.ts'

/** The first ones show what is wrong; all are in --json. */
const complaintsShownMax = 20

export function render(terminal: Terminal, result: DemoResult): string {
  return [
    sentTable(terminal, result),
    arrivedTable(terminal, result),
    verdict(terminal, result),
  ].join('\n')
}

function sentTable(terminal: Terminal, { sent }: DemoResult): string {
  const columns = ['levy', 'ump', 'smartcar', 'partner']
  const countOf = (kind: string, endpointId: string): number =>
    sent.filter(({ sample }) => sample.kind === kind && sample.endpointId === endpointId).length
  const rows = sampleKinds.map(kind => {
    const counts = demoEndpointIds.map(id => countOf(kind, id))
    return [kind, ...counts.map(shown), sum(counts)]
  })
  const totals = demoEndpointIds.map(
    id => sent.filter(({ sample }) => sample.endpointId === id).length,
  )
  return table(
    terminal,
    ['sent', ...columns, 'all'],
    [...rows, [terminal.colors.bold('all'), ...totals, sent.length]],
  )
}

function arrivedTable(terminal: Terminal, { figures }: DemoResult): string {
  const { challengesAnswered, refusedByStatus, published } = figures
  const answers = [
    `${figures.accepted} accepted (${challengesAnswered} of them a challenge answered)`,
    `${figures.refused} refused (${listed(refusedByStatus)})`,
  ]
  const rows: [string, number, string][] = [
    ['webhooks', figures.sent, answers.join(', ')],
    ['raw records', figures.rawRecords, 'one a vehicle where a delivery is about several'],
    ['  published', total(published), listed(published)],
    ['    superseded', figures.superseded, 'of the published: late, or a test'],
    ['  duplicates', figures.duplicates, ''],
    ['  dead letters', total(figures.deadLettersByCode), listed(figures.deadLettersByCode)],
    ['crm', total(figures.crmByAction), listed(figures.crmByAction)],
    ['accounting', total(figures.entriesByStatus), accounting(figures)],
    ['alerts', total(figures.alertsByStatus), alerts(figures)],
    ['tasks', total(figures.tasksByKind), listed(figures.tasksByKind)],
  ]
  return table(terminal, ['arrived', 'count', ''], rows)
}

function accounting({ entriesByStatus, balanced }: Figures): string {
  return `${listed(entriesByStatus)}; balanced: ${balanced ? 'yes' : 'NO'}`
}

function alerts({ alertsByStatus }: Figures): string {
  const none = 'no-show-spike is open since an earlier run'
  return total(alertsByStatus) === 0 ? none : `no-show-spike ${listed(alertsByStatus)}`
}

function verdict({ colors }: Terminal, { complaints, figures, seconds }: DemoResult): string {
  if (complaints.length === 0) {
    const { rawRecords } = figures
    const how = `all ${figures.sent} webhooks and ${rawRecords} raw records ended as expected`
    return `${colors.green('reconciled')} ${how} (${seconds.toFixed(1)} s)\n`
  }
  const lines = complaints
    .slice(0, complaintsShownMax)
    .map(({ sample, detail }) => `  ${sample === null ? '' : `${colors.bold(sample)}: `}${detail}`)
  const rest = complaints.length - lines.length
  if (rest > 0) lines.push(`  and ${rest} more; all are in: fleet demo --json`)
  return `${colors.red('not reconciled')}\n${lines.join('\n')}\n`
}

function listed(counts: Counts): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function shown(count: number): string | number {
  return count === 0 ? '·' : count
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0)
}
