// Figures of several rounds: median, spread, table.

export type Figures = Readonly<Record<string, number | null>>

export function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter(value => value !== null).toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] ?? null
}

export function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}

export interface Column {
  readonly title: string
  readonly figure: string
  readonly digits: number
}

/** Rows by name; each cell min / median / max of its rounds. */
export function table(
  rows: ReadonlyMap<string, readonly Figures[]>,
  columns: readonly Column[],
): string {
  const cells = [...rows].map(([name, rounds]) => [
    name,
    ...columns.map(({ figure, digits }) => spread(rounds, figure, digits)),
  ])
  const lines = [
    ['', ...columns.map(({ title }) => title)],
    ['---', ...columns.map(() => '---')],
    ...cells,
  ]
  return lines.map(line => `| ${line.join(' | ')} |`).join('\n')
}

function spread(rounds: readonly Figures[], figure: string, digits: number): string {
  const values = rounds
    .map(round => round[figure] ?? null)
    .filter(value => value !== null)
    .toSorted((a, b) => a - b)
  const [least = null] = values
  if (least === null) return '–'
  const show = (value: number | null): string => (value ?? Number.NaN).toFixed(digits)
  return `${show(least)} / **${show(median(values))}** / ${show(values.at(-1) ?? null)}`
}
