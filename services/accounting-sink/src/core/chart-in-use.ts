// Which chart a partition books by: the one it began with or was switched to, never simply the newest in the
// file. What an entry's version stands for must not change under it.

import type { Chart, Charts } from './chart.ts'
import { change } from './ledger-memory.ts'
import type { LedgerChange, LedgerMemory } from './ledger-memory.ts'

export type ChartChoice =
  /** `changes` keeps the choice when it is the first. */
  { ok: true; chart: Chart; changes: readonly LedgerChange[] } | { ok: false; message: string }

export function chartInUse(memory: LedgerMemory, charts: Charts): ChartChoice {
  const inUse = memory.chart
  const version = inUse?.version ?? charts.initialVersion
  const chart = charts.byVersion.get(version)
  if (chart === undefined) {
    const message = `chart ${version} is in use and not in the charts file: put it back`
    return { ok: false, message }
  }
  if (inUse === undefined) {
    const { digest } = chart
    const first = change.chart({ version, digest, offset: -1 })
    return { ok: true, chart, changes: [first, change.usedChart(chart)] }
  }
  if (chart.digest === inUse.digest) {
    return {
      ok: true,
      chart,
      changes: memory.isChartKept(version) ? [] : [change.usedChart(inUse)],
    }
  }
  const message =
    `chart ${version} has entries and was changed in the charts file: put it back as it was, give the ` +
    'changed one a version of its own, and switch to it with: fleet ledger use-chart'
  return { ok: false, message }
}
