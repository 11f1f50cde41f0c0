// One run: three parts, each loaded while the sink rests, then booked by it and, in the first two, with its
// process killed half-way.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { partitionOf, topics } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'

import type { TrialBalance } from '../../../packages/cli/src/ledger/trial-balance.ts'
import { LedgerModel } from '../../support/ledger-model.ts'
import { applyTopics } from '../process/bench-kafka.ts'
import type { BenchKafka } from '../process/bench-kafka.ts'
import { startRegistryServer } from '../process/registry-server.ts'
import { Books } from './books.ts'
import { LedgerEvents } from './events.ts'
import { fleet, readJournal, trialBalanceDifferences } from './judge.ts'
import { SinkProcess } from './sink-process.ts'
import type { Environment, SinkSetting } from './sink-process.ts'

export interface LedgerPlan {
  readonly events: number
  readonly seed: number
}

export interface LedgerResult {
  readonly events: number
  readonly kills: number
  readonly balanced: boolean
  readonly mismatches: number
  readonly events_per_s: number
}

type Say = (text: string) => void

const partitions = 6
const transactionRecords = 5000
/** Which share of a part is booked when the process is killed. */
const killAt = 0.4
const closedTenants = ['demo', 'acme/berlin']
const pollMs = 250

export async function runLedger(
  kafka: BenchKafka,
  plan: LedgerPlan,
  say: Say,
): Promise<{ result: LedgerResult; differences: string[] }> {
  const registry = await startRegistryServer()
  const environment: Environment = {
    FLEET_ENV: 'bench',
    FLEET_DATA_DIR: kafka.dataDir,
    FLEET_KAFKA_BROKERS: kafka.brokers,
    FLEET_REGISTRY_URL: registry.url,
    FLEET_PARTITIONS: String(partitions),
    FLEET_LOG_LEVEL: 'info',
  }
  mkdirSync(join(kafka.dataDir, 'schemas'), { recursive: true })
  try {
    await applyTopics(kafka, partitions)
    return await new LedgerRun({ kafka, environment, plan, say }).run()
  } finally {
    registry.close()
  }
}

interface RunSetting {
  readonly kafka: BenchKafka
  readonly environment: Environment
  readonly plan: LedgerPlan
  readonly say: Say
}

class LedgerRun {
  readonly #kafka: BenchKafka
  readonly #sink: SinkSetting
  readonly #plan: LedgerPlan
  readonly #say: Say
  readonly #model = new LedgerModel()
  readonly #must = new Books()
  readonly #refused = new Map<string, number>()
  readonly #months = lastMonths(4)
  #kills = 0
  #seconds = 0

  constructor({ kafka, environment, plan, say }: RunSetting) {
    this.#kafka = kafka
    this.#sink = { environment, dataDir: kafka.dataDir }
    this.#plan = plan
    this.#say = say
  }

  async run(): Promise<{ result: LedgerResult; differences: string[] }> {
    const { events: count, seed } = this.#plan
    const codec = await openCodec({
      registry: memoryRegistry(),
      cacheFile: null,
      clock: systemClock,
    })
    const { billing, violation, incident } = topics.events
    await codec.load([billing, violation, incident])
    const events = new LedgerEvents({ seed, count, months: this.#months })
    for (const [part, share] of [0.4, 0.35, 1].entries()) {
      const size = Math.ceil(part === 2 ? events.left : count * share)
      await this.#load(codec, events, size)
      await this.#book(part < 2)
      const month = this.#months[part]
      if (part < 2 && month !== undefined) await this.#close(month)
    }
    return this.#judge(codec)
  }

  async #load(codec: Codec, events: LedgerEvents, size: number): Promise<void> {
    const brokers = this.#kafka.brokers.split(',')
    const broker = connectKafka({ brokers, clientId: 'bench-ledger' })
    const writer = await broker.openWriter({ transactionalId: 'bench.load' })
    let records: OutRecord[] = []
    for (const { topic, key, event } of events.take(size)) {
      const outcome = this.#model.take(key, event)
      if (outcome.kind === 'entry') this.#must.add(outcome.entry)
      if (outcome.kind === 'refused') {
        this.#refused.set(outcome.code, (this.#refused.get(outcome.code) ?? 0) + 1)
      }
      const value = codec.encode(topic, event)
      records.push({ topic: topic.name, partition: partitionOf(key, partitions), key, value })
      if (records.length < transactionRecords) continue
      await writer.commit(records)
      records = []
    }
    if (records.length > 0) await writer.commit(records)
    await writer.close()
    this.#say(`${size} events loaded, ${events.left} left`)
  }

  async #book(isKilled: boolean): Promise<void> {
    const started = performance.now()
    let sink = await SinkProcess.start(this.#sink)
    if (isKilled) {
      const { decided, lag } = await this.#until(sink, now => now.decided > 0)
      const waiting = decided + lag
      const reached = await this.#until(sink, now => now.lag < waiting * (1 - killAt))
      await sink.kill()
      this.#kills++
      this.#say(`killed with ${reached.lag} events waiting`)
      sink = await SinkProcess.start(this.#sink)
    }
    await this.#until(sink, ({ lag }) => lag === 0)
    const seconds = (performance.now() - started) / 1000
    this.#seconds += seconds
    this.#say(`booked in ${seconds.toFixed(1)} s`)
    await sink.stop()
  }

  async #until(
    sink: SinkProcess,
    isReached: (now: { decided: number; lag: number }) => boolean,
  ): Promise<{ decided: number; lag: number }> {
    for (let turn = 0; ; turn++) {
      const now = await sink.progress()
      if (now !== null && isReached(now)) return now
      if (now !== null && turn % 40 === 39) this.#say(`${now.lag} events wait`)
      await new Promise(resolve => setTimeout(resolve, pollMs))
    }
  }

  async #close(month: string): Promise<void> {
    const sink = await SinkProcess.start(this.#sink)
    for (const tenant of closedTenants) {
      const why = ['--reason', 'benchmark', '--wait', '600']
      const args = ['ledger', 'close', month, '--tenant', tenant, ...why]
      const { ok } = await fleet<{ ok: boolean }>(this.#sink.environment, ...args)
      if (!ok) throw new Error(`${month} of ${tenant} was not closed`)
      this.#model.close(tenant, month)
      this.#say(`${tenant} is closed through ${month}`)
    }
    await sink.stop()
  }

  async #judge(codec: Codec): Promise<{ result: LedgerResult; differences: string[] }> {
    const { books, refused } = await readJournal(this.#kafka.brokers, codec)
    const differences = books.differences(this.#must)
    for (const code of new Set([...refused.keys(), ...this.#refused.keys()])) {
      const [is, must] = [refused.get(code) ?? 0, this.#refused.get(code) ?? 0]
      if (is !== must) differences.push(`${is} dead letters ${code}, must be ${must}`)
    }
    const { environment } = this.#sink
    const trial = await fleet<TrialBalance>(environment, 'ledger', 'trial-balance')
    differences.push(...trial.differences, ...trialBalanceDifferences(trial, this.#must))
    const verified = await fleet<{ ok: boolean; violations: { detail: string }[] }>(
      environment,
      'ledger',
      'verify',
    )
    differences.push(...verified.violations.map(({ detail }) => `verify: ${detail}`))
    this.#say(
      `${books.entries} entries in ${books.categories.size} sums by tenant, currency and category; ` +
        `dead letters ${JSON.stringify(Object.fromEntries(refused))}; ` +
        `${trial.awaiting_amount} await an amount, ${trial.refund_excesses} refund excesses`,
    )
    const result = {
      events: this.#plan.events,
      kills: this.#kills,
      balanced: trial.balanced && trial.equal_to_memory && verified.ok,
      mismatches: differences.length,
      events_per_s: Math.round(this.#plan.events / this.#seconds),
    }
    return { result, differences }
  }
}

/** Oldest first; the last is the present one. */
function lastMonths(count: number): string[] {
  const now = new Date()
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (count - 1 - index), 1))
      .toISOString()
      .slice(0, 7),
  )
}
