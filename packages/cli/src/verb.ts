// What a verb is: a declaration of its arguments, and work that is loaded only when it is asked for.

import type { Command } from 'commander'
import type { Clock, Ids } from '@fleet/runtime'
import type { ExitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** What every verb's work is given. */
export interface Context {
  terminal: Terminal
  /** The caller wants one JSON object (or lines of JSON) and nothing else on standard output. */
  json: boolean
  clock: Clock
  ids: Ids
  /** Aborted by the first SIGINT or SIGTERM. */
  stopping: AbortSignal
}

/** Runs a verb's work with its context and keeps its exit code. */
export type Run = (work: (context: Context) => Promise<ExitCode>) => Promise<void>

/**
 * Adds a command to the program. It imports the work inside the action (`await import('./…')`): what
 * `fleet --help` does not need must not be loaded for it.
 */
export type AddVerb = (program: Command, run: Run) => void

/** Text for the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}\n`
}

/** The one JSON object of a verb. */
export function printJson({ terminal }: Context, value: unknown): void {
  terminal.write(`${JSON.stringify(value, null, 2)}\n`)
}
