// Where the command writes: results on standard output, what went wrong on standard error. Colour only
// for a person at a terminal who has not set NO_COLOR.

import { stripVTControlCharacters } from 'node:util'
import CliTable from 'cli-table3'
import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

export interface Terminal {
  /** Standard output; what would command the terminal is written out. */
  write(text: string): void
  /** Standard error, as well. */
  writeError(text: string): void
  readonly colors: Colors
  /** Width in characters, when standard output is a terminal. */
  readonly columns: number | null
}

/** Turn the direction of the text behind them, or end its line. */
const turning = '\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
const controlling = new RegExp(`[^\\P{Cc}\\n\\t]|[${turning}]`, 'gu')
const controllingOrColour = new RegExp(`(\\p{Cc}|[${turning}])(\\[[\\d;]*m)?`, 'gu')
const escape = String.fromCharCode(0x1b)

/** Text of others as it may be shown: what would command the terminal is written out, as in JSON. */
export function visible(text: string): string {
  return text.replace(controlling, written)
}

/** What is about to be written, without anything that commands the terminal but colours, which are ours. */
export function guarded(text: string): string {
  return text.replace(controllingOrColour, (all, character: string, colour = '') => {
    const isOurs = character === escape && colour !== ''
    return isOurs || character === '\n' || character === '\t' ? all : written(character) + colour
  })
}

function written(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  return {
    write: text => void stdout.write(guarded(text)),
    writeError: text => void stderr.write(guarded(text)),
    // picocolors has looked at NO_COLOR, FORCE_COLOR and TERM; in CI it would colour a pipe as well.
    colors: pc.createColors(pc.isColorSupported && stdout.isTTY === true),
    columns: stdout.isTTY === true ? stdout.columns : null,
  }
}

/** Aligned columns without borders, which can be copied and grepped. */
export function table(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const { bold } = terminal.colors
  const lines = new CliTable({
    head: head.map(title => bold(title)),
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': padding },
    ...wrapping(terminal.columns, head.length, rows),
  })
  for (const row of rows) lines.push([...row])
  return `${lines.toString().replace(/ +$/gm, '')}\n`
}

const padding = 2
/** Below this the last column is not worth wrapping into. */
const wrapWidthMin = 30

/** At a terminal the last column wraps within its width; in a pipe every row is one line. */
function wrapping(
  columns: number | null,
  columnCount: number,
  rows: readonly (readonly (string | number)[])[],
): { colWidths?: (number | null)[]; wordWrap?: boolean } {
  if (columns === null) return {}
  const others = Array.from({ length: columnCount - 1 }, (_, index) =>
    Math.max(0, ...rows.map(row => visibleLength(String(row[index] ?? '')))),
  )
  const left = columns - others.reduce((sum, width) => sum + width + padding, 0)
  if (left < wrapWidthMin) return {}
  return { colWidths: [...others.map(() => null), left], wordWrap: true }
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length
}

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}
