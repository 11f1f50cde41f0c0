// make bench-ledger: mixed money events through the real accounting-sink on a real Kafka, killed on the way,
// and the books it made held against a model that shares no code with it. See --help.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { removeBenchKafka, removeWhenInterrupted, startBenchKafka } from '../process/bench-kafka.ts'
import { describeMachine } from '../process/machine.ts'
import { runLedger } from './run.ts'

const help = `Books mixed money events with the accounting-sink and checks the books to the minor unit.

  --events N   default 1000000
  --seed N     default 1; the same seed gives the same events
  --data DIR   folder of its Kafka, default a new one in the temporary folder
  --help

The events go straight into the event topics, in three parts. In the first two the sink's process is killed
(kill -9) while it works; after each of them a month of two tenants is closed. At the end journal, dead
letters and \`fleet ledger\` are compared with a model, by tenant, currency and category, by account, and
entry by entry. Starts a Kafka of its own and removes it.
`
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const started = performance.now()
const say = (text: string): void => {
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(`${seconds.padStart(5)} s  ${text}\n`)
}

async function main(): Promise<number> {
  describeMachine(text => process.stdout.write(`${text}\n`))
  mkdirSync(values.data ?? tmpdir(), { recursive: true })
  const kafka = await startBenchKafka(values.data ?? mkdtempSync(join(tmpdir(), 'fleet-ledger-')))
  removeWhenInterrupted(kafka)
  try {
    const plan = { events: Number(values.events), seed: Number(values.seed) }
    const { result, differences } = await runLedger(kafka, plan, say)
    for (const difference of differences.slice(0, 50)) say(difference)
    process.stdout.write(`RESULT ${JSON.stringify({ name: 'ledger', ...result })}\n`)
    return result.balanced && result.mismatches === 0 ? 0 : 1
  } finally {
    await removeBenchKafka(kafka)
  }
}

if (values.help) process.stdout.write(help)
else process.exitCode = await main()
