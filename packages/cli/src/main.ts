// The process of the `fleet` command: streams, signals and exit code. What it does is in fleet.ts.

import { runFleet } from './fleet.ts'
import { processTerminal } from './terminal.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first signal ends the work in order; with the handler gone, a second one ends the process.
  process.once(signal, () => stopping.abort())
}
// `fleet tail … | head` closes our output: that is an end, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const exitCode = await runFleet(process.argv.slice(2), {
  terminal: processTerminal(),
  stopping: stopping.signal,
})
// Exit when everything is written: an idle connection to Kafka must not hold up the shell.
process.stdout.write('', () => process.exit(exitCode))
