// What the processor's memory costs: restoring it after a week of single-event transactions, carrying
// it at 10^5 to 3·10^6 ids, and bytes an id and a resource. In memory, no Kafka: the changelog is what
// its cleaner leaves (the newest value of each key) and, for the second figure, every record ever
// written. Times are CPU times.
// usage: node --expose-gc --import tsx test/bench/restore.ts [--partitions 1] [--days 7] [--rate 50]

import { parseArgs } from 'node:util'

import { ProcessorState } from '../../services/processor/src/state/processor-state.ts'
import type { SeenId } from '../../services/processor/src/core/seen-id.ts'
import type { ResourceMemory } from '../../services/processor/src/core/resource-memory.ts'
import { ChangelogFold } from '../../packages/stage/src/changelog.ts'
import { encodeProgress, noProgress, progressKey } from '../../packages/stage/src/progress.ts'
import { StateHash } from '../../packages/stage/src/state-hash.ts'

const { values } = parseArgs({
  options: {
    /** How many of the six partitions are simulated; each is a task of its own. */
    partitions: { type: 'string', default: '1' },
    days: { type: 'string', default: '7' },
    rate: { type: 'string', default: '50' },
  },
})
const partitionCount = 6
const windowMs = 7 * 86_400_000
const startMs = Date.UTC(2026, 0, 1)
const resourcesPerTask = 8_333
const options = { windowMs, idsMax: 10_000_000 }
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

type LogRecord = readonly [key: string, value: Buffer | null]

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function timed<Result>(work: () => Result): { seconds: number; result: Result } {
  const started = cpuSeconds()
  const result = work()
  return { seconds: cpuSeconds() - started, result }
}

/** Distinct ids that are spread like a digest; without one, so that only memory is measured. */
function idOf(n: number): SeenId {
  const word = (salt: number): number => {
    let out = Math.imul(n ^ salt, 0x85eb_ca6b)
    out = Math.imul(out ^ (out >>> 13), 0xc2b2_ae35)
    return (out ^ (out >>> 16)) >>> 0
  }
  return [word(0), word(0x1234_5678), word(0x2345_6789), n >>> 0]
}

function resourceOf(n: number): ResourceMemory {
  const at = (startMs + n) * 1000
  const data_json = `{"customer_id":"C${n}","vehicle_id":"V${n}","reason":null,"amount":{"amount_minor":${n},"currency":"EUR"},"attributes":{"data.note":"\\"a note of some length, as they are\\"","data.channel":"\\"app\\""}}`
  const register = {
    event_id: `evt_${n}`,
    event_type: 'reservation.updated',
    occurred_at: at,
    effective_at: at,
    rank: 1,
    data_json,
  }
  return { version: n, registers: new Map([['reservation', register]]), signals: new Map() }
}

/** One task: its memory, its hash, and where its changelog goes. */
class Task {
  readonly state = new ProcessorState(options)
  readonly hash = new StateHash()
  readonly progress = noProgress(partitionCount)
  readonly #write: (record: LogRecord) => void
  records = 0

  constructor(write: (record: LogRecord) => void) {
    this.#write = write
  }

  event(n: number, nowMs: number, resources: number): void {
    const id = idOf(n)
    this.state.sighting(id)
    this.state.outlived(0, 4)
    const key = `demo/reservation/R${n % resources}`
    this.state.resource(key)
    this.state.stage({ kind: 'seen', entry: { id, firstSeenMs: nowMs, fingerprint: n >>> 0 } })
    this.state.stage({ kind: 'resource', key, memory: resourceOf(n) })
  }

  commit(nowMs: number): void {
    this.state.advance(nowMs)
    const pending = this.state.pending()
    this.progress.streamTimeMs = nowMs
    this.progress.transactions++
    this.progress.state = this.hash.after(pending)
    for (const { key, value } of pending) this.#write([key, value])
    this.#write([progressKey, encodeProgress(this.progress)])
    this.records += pending.length + 1
    this.state.commit()
  }
}

/** What the cleaner leaves. */
class CompactedLog {
  readonly newest = new Map<string, Buffer>()

  write([key, value]: LogRecord): void {
    if (value === null) this.newest.delete(key)
    else this.newest.set(key, value)
  }
}

function fold(records: Iterable<LogRecord>): ChangelogFold<ProcessorState, never> {
  const folded = new ChangelogFold<ProcessorState, never>(new ProcessorState(options))
  for (const [key, value] of records) folded.take(key, value)
  folded.finish(partitionCount, 'processor', 0)
  return folded
}

const idsOf = (state: ProcessorState): number => state.sizes()['seen_ids'] ?? 0

/** A week of one partition; the uncompacted log is folded in pieces, as it is too large to keep. */
function aWeek() {
  const events = Math.round((Number(values.days) * 86_400 * Number(values.rate)) / partitionCount)
  const everyMs = (1000 * partitionCount) / Number(values.rate)
  const compacted = new CompactedLog()
  const uncompacted = new ChangelogFold<ProcessorState, never>(new ProcessorState(options))
  let piece: LogRecord[] = []
  let uncompactedSeconds = 0
  const task = new Task(record => {
    compacted.write(record)
    piece.push(record)
  })
  const started = cpuSeconds()
  for (let n = 0; n < events; n++) {
    const nowMs = startMs + n * everyMs
    task.event(n, nowMs, resourcesPerTask)
    task.commit(nowMs)
    if (piece.length < 200_000) continue
    uncompactedSeconds += timed(() => {
      for (const [key, value] of piece) uncompacted.take(key, value)
    }).seconds
    piece = []
  }
  const writingSeconds = cpuSeconds() - started - uncompactedSeconds
  uncompactedSeconds += timed(() => {
    for (const [key, value] of piece) uncompacted.take(key, value)
    uncompacted.finish(partitionCount, 'processor', 0)
  }).seconds
  piece = []
  const { seconds, result } = timed(() => fold(compacted.newest))
  const ids = idsOf(result.state)
  if (ids !== idsOf(task.state)) throw new Error(`restored ${ids} of ${idsOf(task.state)} ids`)
  if (result.hash.toString() !== uncompacted.hash.toString()) throw new Error('hashes differ')
  return {
    transactions: events,
    ids,
    records_written: task.records,
    records_live: compacted.newest.size,
    write_us: (writingSeconds / events) * 1e6,
    restore_s: seconds,
    ids_per_s: ids / seconds,
    ns_per_id: (seconds / ids) * 1e9,
    uncompacted_s: uncompactedSeconds,
    uncompacted_us_per_record: (uncompactedSeconds / task.records) * 1e6,
  }
}

/** A million ids in large transactions: nothing but ids. */
function onlyIds(count: number) {
  const log = new CompactedLog()
  const task = new Task(record => log.write(record))
  for (let n = 0; n < count; n++) {
    task.state.stage({
      kind: 'seen',
      entry: { id: idOf(n), firstSeenMs: startMs + n, fingerprint: n },
    })
    if (n % 500 === 499) task.commit(startMs + n)
  }
  task.commit(startMs + count)
  const runs = Array.from({ length: 5 }, () => timed(() => fold(log.newest)).seconds)
  return count / Math.min(...runs)
}

/** CPU of memory's part in one event, by how many ids are held, and the longest stop. */
function carrying(levels: readonly number[]) {
  const task = new Task(() => {})
  const us: Record<string, number> = {}
  let n = 0
  let longestMs = 0
  const batch = (): void => {
    const started = cpuSeconds()
    for (const end = n + 500; n < end; n++) task.event(n, startMs + n, 50_000)
    task.commit(startMs + n)
    longestMs = Math.max(longestMs, (cpuSeconds() - started) * 1000)
  }
  for (const level of levels) {
    while (n < level) batch()
    const measured = 100_000
    us[String(level)] =
      (timed(() => {
        while (n < level + measured) batch()
      }).seconds /
        measured) *
      1e6
  }
  return { us, longest_500_events_ms: longestMs }
}

function memoryBytes(): number {
  // Twice: what the first finds dead outside the heap is given back by the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const million = 1_000_000

function filled(event: (task: Task, n: number) => void, write: (record: LogRecord) => void): Task {
  const task = new Task(write)
  for (let n = 0; n < million; n++) {
    event(task, n)
    if (n % 500 === 499) task.commit(startMs + n)
  }
  return task
}

/** Bytes held for a million, once as events left them and once as a restore does. */
function bytesOfAMillion(event: (task: Task, n: number) => void) {
  const empty = memoryBytes()
  const task = filled(event, () => {})
  const afterEvents = memoryBytes() - empty
  const log = new CompactedLog()
  const again = filled(event, record => log.write(record))
  // Copies: what was written are views of larger buffers.
  const rows = [...log.newest].map(([key, value]): LogRecord => [key, Buffer.from(value)])
  log.newest.clear()
  const before = memoryBytes()
  const folded = fold(rows)
  const restored = memoryBytes() - before
  // Used, so that nothing of it was thrown away before it was measured.
  if (folded.hash.toString() !== task.hash.toString() || again.records === 0) {
    throw new Error('restored something else')
  }
  const logBytes = rows.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0)
  return { events_mb: afterEvents / 1e6, restored_mb: restored / 1e6, changelog_mb: logBytes / 1e6 }
}

const round = (value: unknown): unknown =>
  typeof value === 'number'
    ? Number(value.toPrecision(4))
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, round(each)]))
      : value

const ids = onlyIds(1_000_000)
say(`only ids: ${(ids / 1e6).toFixed(2)} million ids/s of CPU`)
const weeks = []
for (let partition = 0; partition < Number(values.partitions); partition++) {
  const week = aWeek()
  weeks.push(week)
  say(`a week, partition ${partition}: ${JSON.stringify(round(week))}`)
}
const carried = carrying([100_000, 1_000_000, 3_000_000])
say(`carrying: ${JSON.stringify(round(carried))}`)
const memory =
  globalThis.gc === undefined
    ? 'run with --expose-gc'
    : {
        million_ids: bytesOfAMillion((task, n) =>
          task.state.stage({
            kind: 'seen',
            entry: { id: idOf(n), firstSeenMs: startMs + n, fingerprint: n },
          }),
        ),
        million_resources: bytesOfAMillion((task, n) =>
          task.state.stage({
            kind: 'resource',
            key: `demo/reservation/R${n}`,
            memory: resourceOf(n),
          }),
        ),
      }
say(`memory: ${JSON.stringify(round(memory))}`)
const [week] = weeks
say(
  `RESULT ${JSON.stringify(
    round({ name: 'restore', ids_per_s: ids, week: week ?? null, carrying: carried, memory }),
  )}`,
)
