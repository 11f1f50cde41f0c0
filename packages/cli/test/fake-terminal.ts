// A terminal that keeps what was written.

import pc from 'picocolors'
import type { Terminal } from '../src/terminal.ts'

export interface FakeTerminal extends Terminal {
  output: string
  errors: string
}

export function fakeTerminal(columns: number | null = null): FakeTerminal {
  const terminal: FakeTerminal = {
    output: '',
    errors: '',
    colors: pc.createColors(false),
    columns,
    write: text => void (terminal.output += text),
    writeError: text => void (terminal.errors += text),
  }
  return terminal
}
