// `fleet ledger verify`: every entry of the journal by the rules of double entry, its numbers without a gap,
// and the ledger's memory against it.

import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { readLedger } from './read-ledger.ts'

/** More would not be read; the first ones name what to look at. */
const violationsShownMax = 100

export async function verifyVerb(context: Context): Promise<ExitCode> {
  const read = await readLedger(context, readSettings())
  const violations = read.flatMap(({ journal }) => journal.violations)
  const partitions = read.map(({ partition, journal, memory }) => ({
    partition,
    entries: journal.counts.of().entries,
    remembered: memory.totals.entries,
    awaiting_amount: journal.awaiting,
    violations: journal.violationCount,
  }))
  const counts = new Map<string, number>()
  for (const { journal } of read) {
    for (const [rule, count] of journal.violationCounts) {
      counts.set(rule, (counts.get(rule) ?? 0) + count)
    }
  }
  const ok = counts.size === 0
  const shown = violations.slice(0, violationsShownMax)
  const { terminal } = context
  if (context.json) {
    const byRule = Object.fromEntries(counts)
    printJson(context, { ok, partitions, violations_by_rule: byRule, violations: shown })
    return ok ? exitCodes.ok : exitCodes.failed
  }
  const { green, red } = terminal.colors
  const head = ['partition', 'entries', 'remembered', 'awaiting an amount', 'violations']
  terminal.write(
    table(
      terminal,
      head,
      partitions.map(row => Object.values(row)),
    ),
  )
  for (const { rule, partition, offset, detail } of shown) {
    terminal.write(
      `${red(rule)} partition ${partition}${offset < 0 ? '' : `@${offset}`}: ${detail}\n`,
    )
  }
  for (const [rule, count] of counts) terminal.write(`${red(rule)} ${count} in all\n`)
  if (ok) terminal.write(`${green('ok')} every entry balances, none is missing or there twice\n`)
  return ok ? exitCodes.ok : exitCodes.failed
}
