// One partition of a view: a table topic followed into a store outside Kafka. The store keeps the
// position beside the data; a store that forgot (a flush) is filled again from the beginning.

import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Chunk, Position, RecordStream } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { PartitionHandler } from './partition-handler.ts'
import type { StageMetrics } from './stage-metrics.ts'

export interface ViewRecord {
  key: string
  /** The decoded value; null for a tombstone. */
  value: unknown
  offset: number
}

export interface View {
  /** Next offset to read, of the partitions the store knows. */
  positions(partitions: readonly number[]): Promise<Map<number, number>>
  /** Idempotent; older offsets never win. Throws a transient FleetError when the store is away. */
  apply(partition: number, records: readonly ViewRecord[], nextOffset: number): Promise<void>
}

export interface ViewTaskDependencies {
  topic: Topic
  view: View
  codec: Codec
  metrics: StageMetrics
  logger: Logger
  clock: Clock
}

/** Most records applied at once. */
const takeRecordsMax = 1000
/** How soon a flushed store is noticed when nothing is written. */
const positionCheckMs = 2000

export class ViewTask implements PartitionHandler {
  readonly partition: number
  readonly takeMax = takeRecordsMax
  readonly #deps: ViewTaskDependencies
  stream: RecordStream | null = null
  /** What the store should say; -1 before the first record. */
  position = -1
  #checkedMs = 0
  running = false

  constructor(partition: number, dependencies: ViewTaskDependencies) {
    this.partition = partition
    this.#deps = dependencies
  }

  async acquire(): Promise<Position[]> {
    this.running = false
    const known = await this.#deps.view.positions([this.partition])
    this.position = known.get(this.partition) ?? -1
    this.#checkedMs = this.#deps.clock.elapsedMs()
    this.running = true
    return [{ topic: this.#deps.topic.name, partition: this.partition, offset: this.position }]
  }

  async process({ records, positions }: Chunk): Promise<void> {
    const next = positions[0]?.offset ?? this.position
    if (next === this.position) return
    const { codec, topic, view, metrics, logger, clock } = this.#deps
    const started = clock.elapsedMs()
    await codec.prepare(records.map(({ value }) => value))
    const readable: ViewRecord[] = []
    for (const { key, value, offset } of records) {
      try {
        const decoded = value === null ? null : codec.decode(topic, value)
        readable.push({ key: key?.toString('utf8') ?? '', value: decoded, offset })
      } catch (error) {
        if (error instanceof FleetError && error.fate === 'fatal') throw error
        // The view is derived and has no dead letters of its own: said loudly, and passed over.
        logger.error(
          { event: 'view.skipped', partition: this.partition, offset, err: error },
          'a record of the table cannot be read',
        )
      }
    }
    await view.apply(this.partition, readable, next)
    this.position = next
    if (records.length > 0) {
      metrics.records('published', readable.length)
      metrics.batch((clock.elapsedMs() - started) / 1000)
    }
  }

  async onTime(): Promise<number> {
    const nowMs = this.#deps.clock.elapsedMs()
    if (nowMs - this.#checkedMs >= positionCheckMs) {
      this.#checkedMs = nowMs
      const known = await this.#deps.view.positions([this.partition])
      const stored = known.get(this.partition) ?? -1
      if (stored < this.position) {
        const message = `The view stands at ${stored}, ${this.position} was written: filling it again`
        throw new FleetError('VIEW_BEHIND', 'transient', message)
      }
    }
    return positionCheckMs
  }

  close(): Promise<void> {
    this.running = false
    return Promise.resolve()
  }
}
