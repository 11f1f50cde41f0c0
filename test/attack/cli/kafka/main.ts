// The attacks on the command line that need a Kafka, as a program; it starts its own.
// Ends with one line: RESULT and a JSON object.

import { kafkaAttacks } from './cases.ts'
import { World } from './world.ts'

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const classes: Record<string, number> = {}
let failed = 0
await World.with(async world => {
  for (const { row, name, run } of kafkaAttacks) {
    const startedMs = performance.now()
    classes[row] = (classes[row] ?? 0) + 1
    try {
      await run(world)
      say(`${row}: ${name} (${Math.round(performance.now() - startedMs)} ms)`)
    } catch (error) {
      failed += 1
      say(`FAILED ${row}: ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
})
const cases = Object.values(classes).reduce((sum, count) => sum + count, 0)
say(`RESULT ${JSON.stringify({ name: 'attack-kafka', cases, classes, failed })}`)
process.exit(failed === 0 ? 0 : 1)
