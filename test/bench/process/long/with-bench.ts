// What the longer measurements share: a Kafka of their own with the platform's topics, a registry, raw
// records, processors to start. Removes all of it, and prints the result as the last line.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  applyTopics,
  deleteTopics,
  removeBenchKafka,
  removeWhenInterrupted,
  startBenchKafka,
} from '../bench-kafka.ts'
import type { BenchKafka } from '../bench-kafka.ts'
import { cpuSecondsOf } from '../cpu-time.ts'
import { processorEnvironment, startProgram } from '../lanes/lane.ts'
import { programs } from '../lanes/programs.ts'
import { metricsAt, recordsIn } from '../lanes/watch.ts'
import { load, signedRecords } from '../load.ts'
import { startRegistryServer } from '../registry-server.ts'

export interface LongBench {
  readonly kafka: BenchKafka
  readonly partitions: number
  say(text: string): void
  loadRaw(texts: Iterable<string>): Promise<number>
  /** Deletes all outputs and changelogs, keeps the raw topic. */
  resetOutputs(): Promise<void>
  environment(name: string, more?: Record<string, string>): Promise<Record<string, string>>
  startProcessor(name: string): Promise<Processor>
}

/** One processor service in a process of its own. */
export interface Processor {
  /** Log lines so far. */
  readonly log: readonly LogLine[]
  readonly startedMs: number
  /** Records it has committed. */
  records(): Promise<number>
  cpuSeconds(): number
  /** SIGTERM, and its end. */
  stop(): Promise<void>
  /** SIGKILL: no goodbye. */
  kill(): void
}

export interface LogLine {
  readonly event?: string
  readonly time?: string
  readonly partition?: number
  readonly duration_ms?: number
  readonly changelog_records?: number
  readonly table_records?: number
  readonly seen_ids?: number
}

export async function withBench(
  name: string,
  partitions: number,
  measure: (bench: LongBench) => Promise<Record<string, unknown>>,
): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`)
  mkdirSync(tmpdir(), { recursive: true })
  const kafka = await startBenchKafka(mkdtempSync(join(tmpdir(), `fleet-bench-${name}-`)))
  removeWhenInterrupted(kafka)
  const registry = await startRegistryServer()
  const processors: Processor[] = []
  const environment = (instance: string, more: Record<string, string> = {}) =>
    processorEnvironment(
      {
        brokers: kafka.brokers,
        registryUrl: registry.url,
        dataDir: kafka.dataDir,
        environment: instance,
        partitions,
      },
      more,
    )
  try {
    await applyTopics(kafka, partitions)
    const result = await measure({
      kafka,
      partitions,
      say,
      environment,
      loadRaw: async texts => load(kafka.brokers, texts, await signedRecords(partitions)),
      resetOutputs: async () => {
        await deleteTopics(kafka, 'fleet\\.(?!raw\\.v1$).*')
        await applyTopics(kafka, partitions)
      },
      startProcessor: async instance => {
        const processor = startProcessor(await environment(instance, { FLEET_LOG_LEVEL: 'info' }))
        processors.push(processor)
        return processor
      },
    })
    say(`RESULT ${JSON.stringify({ name, ...result })}`)
  } finally {
    for (const processor of processors) processor.kill()
    registry.close()
    await removeBenchKafka(kafka)
  }
  process.exit()
}

function startProcessor(environment: Record<string, string>): Processor {
  const log: LogLine[] = []
  const startedMs = Date.now()
  const { child, stop } = startProgram(programs.processor, environment, [], line => {
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine)
  })
  const port = Number(environment['FLEET_PROCESSOR_PORT'])
  return {
    log,
    startedMs,
    records: async () => recordsIn(await metricsAt(port).catch(() => '')),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    stop,
    kill: () => void child.kill('SIGKILL'),
  }
}

export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs: number,
  lookMs = 100,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, lookMs))
  }
}
