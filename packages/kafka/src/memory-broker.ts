// The seam in memory: transactions, fencing, last stable offset, groups. It passes the same
// conformance suite as the real broker, which is why tests may believe it.

import { FleetError, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { stableEnd } from './committed-end.ts'
import { openMemoryAppender } from './memory-appender.ts'
import { MemoryWire } from './memory-faults.ts'
import type { FaultPlan } from './memory-faults.ts'
import { MemoryGroup } from './memory-group.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryTransactions } from './memory-transactions.ts'
import type { MemoryProducer } from './memory-transactions.ts'
import { openMemoryWriter } from './memory-writer.ts'
import type {
  Admin,
  Appender,
  Broker,
  GroupOptions,
  Membership,
  NewTopic,
  Reader,
  RecordStream,
  TopicDescription,
  TransactionalWriter,
  WriterOptions,
} from './ports.ts'
import type { OutRecord, TopicPartition } from './record.ts'
import { outOfRange, StreamBuffer } from './stream-buffer.ts'
import type { PartitionBuffer } from './stream-buffer.ts'

export interface MemoryBrokerOptions {
  clock?: Clock
  /** Stands for log-append time. */
  appendTimeMs?: () => number
  /** What becomes of the requests of writers and appenders. Default: all arrive and are answered. */
  faults?: FaultPlan
  /** How long a client waits for an answer that does not come. Default 10,000. */
  requestTimeoutMs?: number
}

const requestTimeoutMsDefault = 10_000

export class MemoryBroker implements Broker {
  readonly #clock: Clock
  readonly #appendTimeMs: () => number
  readonly #topics = new Map<string, { topic: NewTopic; logs: MemoryLog[] }>()
  readonly #transactions: MemoryTransactions
  readonly #wire: MemoryWire
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #streams = new Set<StreamBuffer>()

  constructor(options: MemoryBrokerOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#appendTimeMs = options.appendTimeMs ?? ((): number => this.#clock.wallMs())
    this.#wire = new MemoryWire(
      options.faults ?? null,
      this.#clock,
      options.requestTimeoutMs ?? requestTimeoutMsDefault,
    )
    this.#transactions = new MemoryTransactions({
      clock: this.#clock,
      log: of => this.log(of),
      appendTimeMs: this.#appendTimeMs,
      onDecided: () => this.#deliver(),
    })
  }

  log({ topic, partition }: TopicPartition): MemoryLog {
    const log = this.#topics.get(topic)?.logs[partition]
    if (log === undefined) {
      throw new FleetError('TOPIC_MISSING', 'fatal', `${topic}-${partition} does not exist`)
    }
    return log
  }

  group(groupId: string, partitionCount = 0): MemoryGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new MemoryGroup(groupId, partitionCount)
      this.#groups.set(groupId, group)
    }
    return group
  }

  openWriter(options: WriterOptions): Promise<TransactionalWriter> {
    return openMemoryWriter(
      { wire: this.#wire, transactions: this.#transactions, clock: this.#clock },
      options,
    )
  }

  /**
   * The steps of openWriter's transactions one by one, for tests that put faults between them. The fault
   * plan does not see them.
   */
  initProducer(options: WriterOptions): MemoryProducer {
    return this.#transactions.producer(options)
  }

  /**
   * Writes without ending the transaction, as a writer does that dies before its commit: a test's way
   * to an open transaction.
   */
  writeAndVanish(transactionalId: string, records: readonly OutRecord[]): void {
    this.#transactions.writeAndVanish(transactionalId, records)
  }

  openReader(): Promise<Reader> {
    const mine = new Set<StreamBuffer>()
    return Promise.resolve({
      open: (positions): RecordStream => {
        const stream: StreamBuffer = new StreamBuffer(positions, this.#clock, {
          onRoom: () => this.#deliver(),
          onClose: () => {
            mine.delete(stream)
            this.#streams.delete(stream)
          },
        })
        mine.add(stream)
        this.#streams.add(stream)
        this.#deliver()
        return stream
      },
      committedEnd: of =>
        Promise.resolve(this.log(of)).then(log => stableEnd(of, log.lastStable, log.end)),
      problem: () => null,
      failed: new Promise<never>(() => {}),
      close: () => {
        for (const stream of mine) stream.close()
        return Promise.resolve()
      },
    })
  }

  #deliver(): void {
    for (const stream of this.#streams) {
      for (const buffer of stream.partitions) {
        const log = this.log(buffer)
        if (buffer.fetchOffset < 0) {
          buffer.fetchOffset = log.logStart
          buffer.takenOffset = log.logStart
        }
        buffer.lastStable = log.lastStable
        if (buffer.fetchOffset < log.logStart || buffer.fetchOffset > log.end) {
          stream.fail(buffer, outOfRange(buffer, log.logStart))
          continue
        }
        this.#fill(stream, buffer, log)
      }
    }
  }

  #fill(stream: StreamBuffer, buffer: PartitionBuffer, log: MemoryLog): void {
    while (stream.hasRoom(buffer)) {
      const { records, nextOffset } = log.read(buffer.fetchOffset, 500)
      if (nextOffset === buffer.fetchOffset) return
      const bytes = records.reduce((sum, record) => sum + (record.value?.length ?? 0) + 64, 0)
      stream.push(buffer, records, nextOffset, bytes)
    }
  }

  joinGroup(options: GroupOptions): Promise<Membership> {
    const counts = options.topics.map(name => this.#topics.get(name)?.logs.length ?? 0)
    const count = counts[0] ?? 0
    if (counts.some(other => other !== count || other === 0)) {
      const message = `Inputs must have the same number of partitions (${counts.join(', ')})`
      return Promise.reject(new FleetError('PARTITION_MISMATCH', 'fatal', message))
    }
    return this.group(options.groupId, count).join(options)
  }

  openAppender(): Promise<Appender> {
    const write = (record: OutRecord): number => {
      const offset = this.log(record).append(record, this.#appendTimeMs(), null)
      this.#deliver()
      return offset
    }
    return Promise.resolve(openMemoryAppender(this.#wire, write))
  }

  openAdmin(): Promise<Admin> {
    const logs = (topic: string): MemoryLog[] => this.#topics.get(topic)?.logs ?? []
    return Promise.resolve({
      describeTopics: names => Promise.resolve(names.map(name => this.#describe(name))),
      createTopics: list => {
        for (const topic of list) this.createTopic(topic)
        return Promise.resolve()
      },
      alterTopicConfig: (name, config) => {
        Object.assign(this.#topics.get(name)?.topic.config ?? {}, config)
        return Promise.resolve()
      },
      offsets: topic =>
        Promise.resolve(
          logs(topic).map(({ partition, logStart, lastStable }) => ({
            partition,
            logStart,
            lastStable,
          })),
        ),
      offsetsAtTime: (topic, timestampMs) =>
        Promise.resolve(
          logs(topic).map(log => ({
            topic,
            partition: log.partition,
            offset: log.firstOffsetAt(timestampMs),
          })),
        ),
      committedOffsets: groupId => Promise.resolve(this.#groups.get(groupId)?.committed() ?? []),
      describeGroup: groupId =>
        Promise.resolve(
          this.#groups.get(groupId)?.describe() ?? { groupId, state: 'Dead', members: [] },
        ),
      describeCluster: () => Promise.resolve({ brokers: [{ id: 1, host: 'memory', port: 0 }] }),
      close: () => Promise.resolve(),
    })
  }

  createTopic(topic: NewTopic): void {
    if (this.#topics.has(topic.name)) return
    const logs = Array.from(
      { length: topic.partitions },
      (_, partition) => new MemoryLog(topic.name, partition),
    )
    this.#topics.set(topic.name, { topic, logs })
  }

  #describe(name: string): TopicDescription | null {
    const known = this.#topics.get(name)
    if (known === undefined) return null
    const { partitions, replicationFactor, config } = known.topic
    return { name, partitions, replicationFactor, config }
  }
}

/** A broker in memory with the given topics. */
export function createMemoryBroker(
  options: MemoryBrokerOptions & { topics?: readonly string[]; partitions?: number } = {},
): MemoryBroker {
  const broker = new MemoryBroker(options)
  for (const name of options.topics ?? []) {
    broker.createTopic({
      name,
      partitions: options.partitions ?? 6,
      replicationFactor: 1,
      config: {},
    })
  }
  return broker
}
