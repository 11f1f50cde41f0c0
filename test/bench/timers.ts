// make bench-timers: what pending timers cost on a real Kafka of its own: 100,000 open reviews are restored by a service
// that starts anew, then all fall due at once while it is down, and fire when it comes back.
// See --help.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import type { RunningStage } from '@fleet/stage'

import { freePorts, startInfrastructure } from '../../infra/local/index.ts'
import { eventOf, policiesOf } from '../../services/automation/test/build-event.ts'
import { completeEvent } from '../../services/automation/test/complete-event.ts'
import {
  brokerAt,
  codecOfAll,
  createTopics,
  startAutomation,
} from '../../services/automation/test/real-stage.ts'

const help = `Measures what pending timers of automation cost, on a Kafka of its own.

  node --import tsx test/bench/timers.ts [options]

  --timers <n>  reviews that are opened, restored and fall due (default 100000)
  --help

The last line is RESULT {"name":"timers",…}. It fails when not all of them were restored, or when that took
10 seconds or more; it ends when all have fired.
`

const { values } = parseArgs({
  options: {
    timers: { type: 'string', default: '100000' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit()
}
const timers = Number(values.timers)
if (!Number.isInteger(timers) || timers < 1)
  throw new Error(`--timers ${values.timers}: a whole number`)
const partitions = 6
const restoreSecondsMax = 10
const atOnce = 500
const prefix = 'bench.'

const say = (text: string): boolean => process.stdout.write(`${text}\n`)
const seconds = (sinceMs: number): number =>
  Math.round((systemClock.elapsedMs() - sinceMs) / 10) / 100

/** Long enough for everything to be open before the first falls due. */
const reviewMinutes = Math.max(3, Math.ceil(timers / 25_000))

const policies = policiesOf(file => {
  file.defaults.times = { ...file.defaults.times, violation_review: `PT${reviewMinutes}M` }
})

async function fill(brokers: string): Promise<void> {
  const broker = brokerAt(brokers, prefix)
  const codec = await codecOfAll()
  const appender = await broker.openAppender()
  const topic = topics.events.violation
  for (let from = 0; from < timers; from += atOnce) {
    const count = Math.min(atOnce, timers - from)
    await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const id = `V${from + index}`
        const key = resourceKey('acme', 'violation', id)
        const event = eventOf({ type: 'violation.disputed', id, at: systemClock.wallMs() })
        const value = codec.encode(topic, completeEvent(event))
        return appender.append({
          topic: topic.name,
          partition: partitionOf(key, partitions),
          key,
          value,
        })
      }),
    )
  }
  await appender.close()
}

const keysOf = (stage: RunningStage): number =>
  stage.tasks().reduce((sum, { sizes }) => sum + (sizes['keys'] ?? 0), 0)

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20)
}

interface Measured {
  readonly timers: number
  readonly restored: number
  readonly open_s: number
  readonly restore_s: number
  readonly fire_s: number
}

const isRunning = (stage: RunningStage): boolean => {
  const tasks = stage.tasks()
  return tasks.length === partitions && tasks.every(({ phase }) => phase === 'running')
}

async function measure(brokers: string): Promise<Measured> {
  const broker = brokerAt(brokers, prefix)
  await createTopics(broker, partitions)
  await systemClock.sleep(1000)
  await fill(brokers)
  const start = (): Promise<RunningStage> => startAutomation(brokers, prefix, policies)

  const openedFrom = systemClock.elapsedMs()
  const first = await start()
  await until(() => keysOf(first) >= timers)
  const openSeconds = seconds(openedFrom)
  const dueMs = systemClock.wallMs() + (reviewMinutes + 0.1) * 60_000
  await first.stop()
  say(`${timers} tasks opened in ${openSeconds} s`)

  const restoredFrom = systemClock.elapsedMs()
  const second = await start()
  await until(() => isRunning(second))
  const restoreSeconds = seconds(restoredFrom)
  const restored = keysOf(second)
  await second.stop()
  say(`${restored} of them restored in ${restoreSeconds} s, joining the group included`)

  const waitSeconds = Math.ceil((dueMs - systemClock.wallMs()) / 1000)
  say(`all of them fall due in ${waitSeconds} s`)
  await until(() => systemClock.wallMs() > dueMs)
  const admin = await broker.openAdmin()
  const written = async (): Promise<number> => {
    const offsets = await admin.offsets(topics.automation.name)
    return offsets.reduce((sum, { lastStable }) => sum + lastStable, 0)
  }
  const before = await written()
  const firedFrom = systemClock.elapsedMs()
  const third = await start()
  // Each firing is a record; the markers of the transactions, a thousand records each, are few.
  await until(async () => {
    await systemClock.sleep(200)
    return (await written()) >= before + timers
  })
  const fireSeconds = seconds(firedFrom)
  await third.stop()
  await admin.close()
  say(`all of them fired within ${fireSeconds} s of the start, ticks every half second`)
  return {
    timers,
    restored,
    open_s: openSeconds,
    restore_s: restoreSeconds,
    fire_s: fireSeconds,
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'fleet-bench-timers-'))
const [kafkaPort = 0, registryPort = 0, redisPort = 0] = await freePorts(3)
const only = ['kafka'] as const
const infrastructure = await startInfrastructure({
  dataDir,
  kafkaPort,
  registryPort,
  redisPort,
  partitions,
  only,
})
try {
  const result = await measure(infrastructure.brokers.join(','))
  say(`RESULT ${JSON.stringify({ name: 'timers', ...result })}`)
  const { restored, restore_s: restoreSeconds } = result
  process.exitCode = restored === timers && restoreSeconds < restoreSecondsMax ? 0 : 1
} finally {
  await infrastructure.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit()
