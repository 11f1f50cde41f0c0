// Looks at a lane's own metrics until all expected records are committed, then says so on stdout: the
// line the runner of the comparison waits for, with what the process has used so far.

import { get } from 'node:http'

export interface Done {
  /** Epoch milliseconds: the last look that saw no record. Reports lag behind by as much as at the end. */
  readonly t_first: number
  readonly t_end: number
  readonly records: number
  /** Of this process with all its threads, its start included. */
  readonly cpu_s: number
  /** The part of it before `t_first`. */
  readonly start_cpu_s: number
  readonly rss_mb: number
}

/** CPU when this many records were committed, for the cost of an event as memory fills. */
export interface Sample {
  readonly records: number
  readonly cpu_s: number
  readonly at: number
}

export interface Watching {
  readonly port: number
  readonly expected: number
  /** Prints a sample about every so many records; 0 for none. */
  readonly sampleEvery: number
}

/** Before the first commit; short, because the last look without a record counts as the start. */
const startLookMs = 25
/** As often as the program of Kafka Streams looks. */
const lookMs = 100

/** Without a further record for this long a lane will not end by itself. */
const stuckMs = 60_000

/** Ends the process when nothing moves any more: who waits for it should not wait for its time limit. */
export async function watch({ port, expected, sampleEvery }: Watching): Promise<void> {
  let startedMs = Date.now()
  let startCpuS = 0
  let records = 0
  let sampled = 0
  let movedMs = Date.now()
  while (records < expected) {
    await new Promise(resolve => setTimeout(resolve, records === 0 ? startLookMs : lookMs))
    const askedMs = Date.now()
    // Refused until the service listens.
    const before = records
    records = recordsIn(await metricsAt(port).catch(() => ''))
    if (records !== before) movedMs = askedMs
    if (askedMs - movedMs > stuckMs) {
      process.stderr.write(
        `${records} of ${expected} records after ${stuckMs / 1000} s of nothing\n`,
      )
      process.exit(1)
    }
    if (records === 0) {
      startedMs = askedMs
      startCpuS = cpuSeconds()
    }
    if (sampleEvery === 0 || records < sampled + sampleEvery) continue
    sampled = records
    const sample: Sample = { records, cpu_s: cpuSeconds(), at: Date.now() }
    process.stdout.write(`SAMPLE ${JSON.stringify(sample)}\n`)
  }
  const done: Done = {
    t_first: startedMs,
    t_end: Date.now(),
    records,
    cpu_s: cpuSeconds(),
    start_cpu_s: startCpuS,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
  process.stdout.write(`DONE ${JSON.stringify(done)}\n`)
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return Number(((user + system) / 1e6).toFixed(2))
}

export function metricsAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

/** Records decided and committed, whatever became of them. */
export function recordsIn(metrics: string): number {
  const lines = metrics.matchAll(/^fleet_stage_records_total\{[^}]*\} (\S+)/gm)
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
}
