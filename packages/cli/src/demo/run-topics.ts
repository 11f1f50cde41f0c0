// Reads what a run leaves in the topics, from where they ended when it started, committed records only.
// One stream over all of them: nothing is read twice, however long the pipeline takes.

import type { Codec } from '@fleet/codec'
import { partitionOf, stageNames, topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import type { InRecord, Position, Reader, RecordStream } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Kafka } from '../kafka.ts'
import { registryCodec } from '../registry.ts'
import type { Settings } from '../settings.ts'
import type { Context } from '../verb.ts'
import type { Evidence } from './reconcile/evidence.ts'

const outputs: readonly Topic[] = [
  topics.raw,
  ...Object.values(topics.events),
  ...Object.values(topics.deadLetters),
  topics.crm,
  topics.accounting,
  topics.alertSignals,
  topics.alerting,
  topics.automation,
]
const changelogs: readonly Topic[] = Object.values(topics.changelogs)
const byName = new Map([...outputs, ...changelogs].map(topic => [topic.name, topic]))
const stageOfChangelog = new Map(stageNames.map(stage => [topics.changelogs[stage].name, stage]))

/** Where a stage stands: one record in its changelog, written with its outputs. */
const progressKey = '!progress'

const recordsMax = 2000

export interface RunStart {
  positions: Position[]
  /** Where alerting ended, by partition: what is behind it is of this run's time. */
  alertsFrom: ReadonlyMap<number, number>
}

/** Taken before the first sample is sent. */
export async function markStart({ admin }: Kafka, tenantId: string): Promise<RunStart> {
  const positions: Position[] = []
  const alertsFrom = new Map<number, number>()
  const all = [...outputs, ...changelogs]
  const described = await admin.describeTopics(all.map(({ name }) => name))
  const missing = all.find((_, index) => (described[index] ?? null) === null)
  if (missing !== undefined) {
    const message = `${missing.name} does not exist. try: fleet topics apply`
    throw new FleetError('TOPIC_MISSING', 'fatal', message)
  }
  const offsets = await Promise.all(all.map(({ name }) => admin.offsets(name)))
  for (const [index, partitions] of offsets.entries()) {
    const topic = all[index]
    if (topic === undefined) continue
    for (const { partition, logStart, lastStable } of partitions) {
      let offset = lastStable
      if (topic === topics.alerting) {
        alertsFrom.set(partition, lastStable)
        // An alert may be open since before.
        if (partition === partitionOf(tenantId, partitions.length)) offset = logStart
      }
      positions.push({ topic: topic.name, partition, offset })
    }
  }
  return { positions, alertsFrom }
}

export class RunTopics {
  readonly #kafka: Kafka
  readonly #codec: Codec
  readonly #evidence: Evidence
  readonly #reader: Reader
  readonly #stream: RecordStream
  readonly #positions = new Map<string, number>()

  static async open(
    context: Pick<Context, 'clock'>,
    settings: Settings,
    kafka: Kafka,
    positions: readonly Position[],
    evidence: Evidence,
  ): Promise<RunTopics> {
    const codec = await registryCodec(settings.registryUrl, context.clock)
    const reader = await kafka.broker.openReader({ maxWaitMs: 100 })
    return new RunTopics(kafka, codec, reader, positions, evidence)
  }

  private constructor(
    kafka: Kafka,
    codec: Codec,
    reader: Reader,
    positions: readonly Position[],
    evidence: Evidence,
  ) {
    this.#kafka = kafka
    this.#codec = codec
    this.#reader = reader
    this.#evidence = evidence
    this.#stream = reader.open(positions)
    for (const position of positions) this.#positions.set(nameOf(position), position.offset)
  }

  async close(): Promise<void> {
    this.#stream.close()
    await this.#reader.close().catch(() => {})
  }

  /** Reads what there is; waits a little when there is nothing. */
  async read(waitMs: number): Promise<void> {
    const chunk = await Promise.race([this.#stream.take(recordsMax, waitMs), this.#reader.failed])
    await this.#prepare(chunk.records)
    for (const record of chunk.records) this.#file(record)
    for (const position of chunk.positions) this.#positions.set(nameOf(position), position.offset)
  }

  /** Reads these topics to where they end now. */
  async readToEnd(wanted: readonly Topic[], isOver: () => boolean): Promise<void> {
    const { admin } = this.#kafka
    const found = await Promise.all(
      wanted.map(async ({ name: topic }) =>
        (await admin.offsets(topic)).map(({ partition, lastStable: offset }) => ({
          topic,
          partition,
          offset,
        })),
      ),
    )
    const ends = found.flat()
    while (!isOver() && ends.some(end => (this.#positions.get(nameOf(end)) ?? 0) < end.offset)) {
      await this.read(100)
    }
  }

  /** A value whose schema nobody knows is somebody else's; ours then turns out to be missing. */
  async #prepare(records: readonly InRecord[]): Promise<void> {
    const values = records
      .filter(({ topic }) => !stageOfChangelog.has(topic))
      .map(({ value }) => value)
    try {
      await this.#codec.prepare(values)
    } catch (error) {
      if (error instanceof FleetError && error.code === 'SCHEMA_PENDING') return
      throw error
    }
  }

  #file(record: InRecord): void {
    const { topic, partition, offset, value } = record
    if (value === null) return
    const key = record.key?.toString('utf8') ?? ''
    const stage = stageOfChangelog.get(topic)
    if (stage !== undefined) return this.#fileProgress(stage, partition, key, value)
    const declared = byName.get(topic)
    if (declared === undefined) return
    const decoded = this.#decode(declared, value)
    if (decoded !== undefined)
      this.#evidence.file(declared, { topic, partition, offset, key }, decoded)
  }

  #fileProgress(stage: StageName, partition: number, key: string, value: Buffer): void {
    if (key !== progressKey) return
    const progress = JSON.parse(value.toString('utf8')) as { positions: Record<string, number> }
    this.#evidence.fileProgress(stage, partition, progress.positions)
  }

  #decode(topic: Topic, value: Buffer): unknown {
    try {
      return this.#codec.decode(topic, value)
    } catch {
      return undefined
    }
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}
