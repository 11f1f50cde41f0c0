// Instructions to the ledger: a tenant's period is closed, another chart is used from here on. They come as
// records, so that every partition follows them in a transaction of its own and a replay does too.

import { monthOfMicros } from '@fleet/contracts'
import type { LedgerControl } from '@fleet/contracts'

import type { Charts } from './chart.ts'
import { change } from './ledger-memory.ts'
import type { LedgerChange, LedgerMemory } from './ledger-memory.ts'
import { isPeriod } from './periods.ts'

export type Following =
  | { kind: 'followed'; changes: LedgerChange[] }
  | { kind: 'refused'; code: 'BAD_CONTROL'; message: string }

export interface ControlContext {
  charts: Charts
  /** When the broker took the record: no clock of a person's machine decides what is over. */
  appendedAtMicros: number
  /** Of the instruction in the control topic. */
  offset: number
}

export function followControl(
  memory: LedgerMemory,
  control: LedgerControl,
  context: ControlContext,
): Following {
  if (control.kind === 'CLOSE_PERIOD') return closePeriod(memory, control, context)
  if (control.kind === 'USE_CHART') return useChart(memory, control, context)
  return refused(`"${control.kind}" is no instruction that this version knows`)
}

/** A period that is closed stays closed: an earlier one changes nothing. */
function closePeriod(
  memory: LedgerMemory,
  { tenant_id: tenantId, period }: LedgerControl,
  { appendedAtMicros }: ControlContext,
): Following {
  if (tenantId === null || tenantId === '') return refused('a period is closed for one tenant')
  if (period === null || !isPeriod(period)) return refused('a period is a month, YYYY-MM')
  if (period >= monthOfMicros(appendedAtMicros)) return refused(`${period} is not over yet`)
  const closed = memory.closed(tenantId)
  if (closed !== null && closed >= period) return { kind: 'followed', changes: [] }
  return { kind: 'followed', changes: [change.closed(tenantId, { period })] }
}

/** A replay comes after instructions that were given later: those stay in force. */
function useChart(
  memory: LedgerMemory,
  { chart_version: version }: LedgerControl,
  { charts, offset }: ControlContext,
): Following {
  const inUse = memory.chart
  if (offset < (inUse?.offset ?? -1)) return { kind: 'followed', changes: [] }
  const chart = version === null ? undefined : charts.byVersion.get(version)
  if (chart === undefined) return refused(`chart ${version} is not in the file of this service`)
  const used = memory.usedChartDigest(chart.version)
  if (used !== undefined && used !== chart.digest) {
    return refused(`chart ${chart.version} has been used and was changed in the file`)
  }
  const kept = inUse === undefined ? [chart] : [inUse, chart]
  const anew = kept
    .filter(one => !memory.isChartKept(one.version))
    .map(one => change.usedChart(one))
  const { version: next, digest } = chart
  return { kind: 'followed', changes: [...anew, change.chart({ version: next, digest, offset })] }
}

function refused(message: string): Following {
  return { kind: 'refused', code: 'BAD_CONTROL', message }
}
