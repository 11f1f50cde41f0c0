// From the looks at all stages during a run to what they say about lag. Pure.

import type { MeasuredName, StageLook } from './sink-process.ts'

export interface Look {
  readonly atMs: number
  /** Raw records the processor has committed. */
  readonly processed: number
  readonly stages: ReadonlyMap<MeasuredName, StageLook>
}

/**
 * What a stage has to do: so many records, or all that others write. How many these are is known only when
 * it has read them.
 */
export type Work =
  { readonly records: number } | { readonly after: readonly (MeasuredName | 'processor')[] }

export type Works = ReadonlyMap<MeasuredName, Work>

interface StageFigures {
  readonly records: number
  readonly lag_max: number
  /** Of its work. */
  readonly lag_max_share: number
  /** Mean while the processor did the second and the last quarter of its work: does it go on growing? */
  readonly lag_second_quarter: number
  readonly lag_last_quarter: number
  /** From the processor's last commit to its own; 0 when it was not later. */
  readonly behind_s: number
}

/** Looks in a row without lag, after which a stage is taken to have read all: one may be before a fetch. */
const idleLooks = 3

/** The look at which a stage had done all its work; undefined: not yet. */
export function doneAt(
  looks: readonly Look[],
  works: Works,
  name: MeasuredName,
  processorEndMs: number,
): Look | undefined {
  const work = works.get(name)
  if (work === undefined) return undefined
  if ('records' in work) {
    return looks.find(({ stages }) => (stages.get(name)?.records ?? 0) >= work.records)
  }
  let fromMs = processorEndMs
  for (const other of work.after) {
    if (other === 'processor') continue
    const done = doneAt(looks, works, other, processorEndMs)
    if (done === undefined) return undefined
    fromMs = Math.max(fromMs, done.atMs)
  }
  let idle = 0
  const last = looks.findIndex(({ atMs, stages }) => {
    idle = atMs >= fromMs && stages.get(name)?.lag === 0 ? idle + 1 : 0
    return idle === idleLooks
  })
  return last === -1 ? undefined : looks[last - idleLooks + 1]
}

export function lagFigures(
  looks: readonly Look[],
  works: Works,
  processorEndMs: number,
): { result: Record<string, unknown>; table: string[] } {
  const startMs = looks[0]?.atMs ?? processorEndMs
  const total = looks.at(-1)?.processed ?? 0
  const sinks: Record<string, StageFigures> = {}
  for (const [stage, work] of works) {
    const lags = (from: number, to: number): number[] =>
      looks
        .filter(({ processed }) => processed > from * total && processed <= to * total)
        .map(({ stages }) => stages.get(stage)?.lag ?? 0)
    const lagMax = Math.max(0, ...looks.map(({ stages }) => stages.get(stage)?.lag ?? 0))
    const done = doneAt(looks, works, stage, processorEndMs)
    const records = 'records' in work ? work.records : (done?.stages.get(stage)?.records ?? 0)
    const behindMs = (done?.atMs ?? Number.NaN) - processorEndMs
    sinks[stage] = {
      records,
      lag_max: lagMax,
      lag_max_share: rounded(lagMax / Math.max(1, records), 3),
      lag_second_quarter: mean(lags(0.25, 0.5)),
      lag_last_quarter: mean(lags(0.75, 1)),
      behind_s: rounded(Math.max(0, behindMs) / 1000, 1),
    }
  }
  const all = Object.values(sinks)
  const seconds = (processorEndMs - startMs) / 1000
  const result = {
    processor_s: rounded(seconds, 1),
    processor_events_per_s: Math.round(total / Math.max(seconds, 0.001)),
    lag_max: Math.max(0, ...all.map(({ lag_max }) => lag_max)),
    behind_s_max: Math.max(0, ...all.map(({ behind_s }) => behind_s)),
    sinks,
  }
  return { result, table: tableOf(sinks) }
}

function tableOf(sinks: Readonly<Record<string, StageFigures>>): string[] {
  const head =
    '| stage | records | largest lag | of its work | lag, 2nd quarter | lag, last quarter | s behind |'
  const rows = Object.entries(sinks).map(
    ([stage, figures]) =>
      `| ${[
        stage,
        figures.records,
        figures.lag_max,
        figures.lag_max_share,
        figures.lag_second_quarter,
        figures.lag_last_quarter,
        figures.behind_s,
      ].join(' | ')} |`,
  )
  return [head, '| --- | --: | --: | --: | --: | --: | --: |', ...rows]
}

function mean(values: readonly number[]): number {
  if (values.length === 0) return 0
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
