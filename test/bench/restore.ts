// What the processor's memory costs: restoring it after a week of single-event transactions, carrying it at
// 10^5 to 3·10^6 ids, and bytes an id and a resource. In memory, no Kafka: a restore is the stage's own, of
// records at hand instead of fetched. Times are CPU times of all threads.
// usage: node --expose-gc --import tsx test/bench/restore.ts [--days 7] [--rate 50] [--only week]

import { parseArgs } from 'node:util'

import { bytesOfAMillion } from './restore/bytes.ts'
import { carrying } from './restore/carrying.ts'
import { bestOf, rounded } from './restore/measure.ts'
import { newLogs, partitionCount, restore } from './restore/restoring.ts'
import type { Logs } from './restore/restoring.ts'
import { startMs, Task } from './restore/task.ts'

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '7' },
    rate: { type: 'string', default: '50' },
    /** One of the parts below. */
    only: { type: 'string' },
  },
})
const weekMs = Number(values.days) * 86_400_000
const hourMs = 3_600_000
/** Of one partition. */
const eventEveryMs = (1000 * partitionCount) / Number(values.rate)
const resources = 8333
const runs = 3

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** Nothing but ids, in large transactions. */
async function onlyIds(count: number) {
  const logs = newLogs()
  const task = new Task(undefined, logs)
  for (let n = 0; n < count; n++) {
    task.id(n, startMs + n)
    if (n % 500 === 499) task.commit(startMs + n)
  }
  task.commit(startMs + count)
  return restored(logs, task)
}

/** A week of one partition; every sixth resource is a vehicle with a signal. */
async function aWeek(eventsPerTransaction: number) {
  const events = Math.round(weekMs / eventEveryMs)
  const logs = newLogs(startMs + weekMs - hourMs)
  const { changelog, table } = logs
  const task = new Task(undefined, logs)
  for (let n = 0; n < events; n++) {
    const nowMs = startMs + n * eventEveryMs
    task.event(n, nowMs, resources, resource => resource % 6 === 0)
    if ((n + 1) % eventsPerTransaction === 0 || n + 1 === events) task.commit(nowMs)
  }
  const withUncleanedHour = await restored(logs, task)
  changelog.clean()
  table.clean()
  const keys = { changelog: changelog.keys, table: table.keys }
  const cleaned = await restored(logs, task)
  changelog.forgetDeletions()
  return {
    transactions: Math.ceil(events / eventsPerTransaction),
    records_written: task.records,
    keys,
    cleaned,
    cleaned_without_deletions: await restored(logs, task),
    with_uncleaned_hour: withUncleanedHour,
  }
}

/** What restoring these records costs; it has to come to what the task holds. */
async function restored(logs: Logs, task: Task) {
  const { seconds, result } = await bestOf(runs, () => restore(logs))
  const { seen_ids: ids = 0, resources: held = 0 } = result.state.sizes()
  const { seen_ids, resources: expected } = task.state.sizes()
  if (ids !== seen_ids || held !== expected) {
    throw new Error(`restored ${ids} ids of ${seen_ids}, ${held} resources of ${expected}`)
  }
  return {
    ids,
    changelog_records: result.records,
    table_records: result.tableRecords,
    restore_s: seconds,
    ids_per_s: ids / seconds,
    ns_per_id: (seconds / ids) * 1e9,
  }
}

const parts: Record<string, () => unknown> = {
  only_ids: () => onlyIds(1_000_000),
  week: () => aWeek(1),
  week_in_transactions_of_500: () => aWeek(500),
  carrying: () => carrying([100_000, 1_000_000, 3_000_000]),
  million_ids: () => bytesOfAMillion((task, n) => task.id(n, startMs + n)),
  million_resources: () => bytesOfAMillion((task, n) => task.resource(n, n, false)),
  million_resources_with_rows: () => bytesOfAMillion((task, n) => task.resource(n, n, true)),
}
const result: Record<string, unknown> = { name: 'restore' }
for (const [name, measure] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue
  result[name] = rounded(await measure())
  say(`${name}: ${JSON.stringify(result[name])}`)
}
say(`RESULT ${JSON.stringify(result)}`)
