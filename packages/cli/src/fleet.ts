// The `fleet` command as a function: arguments in, exit code out. It never ends the process itself.

import { createRequire } from 'node:module'

import { Command, CommanderError } from 'commander'
import { systemClock, systemIds } from '@fleet/runtime'
import { exitCodes, failureOf } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { visible } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import type { Context, Run } from './verb.ts'
import { examples } from './verb.ts'
import { verbs } from './verbs.ts'

export interface Surroundings {
  terminal: Terminal
  stopping: AbortSignal
}

export async function runFleet(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal } = surroundings
  let exitCode: ExitCode = exitCodes.ok
  const program = createProgram(terminal, async work => {
    const json = program.opts<{ json?: boolean }>().json === true
    const context: Context = { ...surroundings, json, clock: systemClock, ids: systemIds }
    exitCode = await work(context)
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has already written its message; `--help` and `--version` end this way too.
    if (error instanceof CommanderError) {
      const isAsked = error.exitCode === 0
      return isAsked ? exitCodes.ok : exitCodes.usage
    }
    const failure = failureOf(error)
    terminal.writeError(`${terminal.colors.red('error:')} ${visible(failure.text)}\n`)
    return failure.exitCode
  }
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

function createProgram(terminal: Terminal, run: Run): Command {
  const program = new Command('fleet')
    .description('Operates Fleetstream: sends webhooks, reads topics, checks what runs.')
    .version(version, '--version', 'print the version')
    .option('--json', 'print one JSON object (tail: one a line) and nothing else')
    .exitOverride()
    .showHelpAfterError('Run the command with --help to see what it takes.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: text => terminal.write(text),
      // It repeats arguments.
      writeErr: text => terminal.writeError(visible(text)),
      ...(terminal.columns === null ? {} : { getOutHelpWidth: () => terminal.columns ?? 80 }),
      getOutHasColors: () => terminal.colors.isColorSupported,
      getErrHasColors: () => terminal.colors.isColorSupported,
    })
    .addHelpText(
      'after',
      examples(
        'fleet doctor                      what runs, what is wrong, what to do',
        'fleet send levy-demo --type reservation.created --resource reservation/R1',
        'fleet tail events.reservation --from earliest --max 5',
        'fleet <command> --help            all options of a command, with examples',
      ) +
        '\nExit codes: 0 ok, 1 the check failed, 2 wrong usage or configuration, ' +
        '3 something is not reachable.\n',
    )
  for (const addVerb of verbs) addVerb(program, run)
  return program
}
