// The seam to Kafka. Two implementations, kafkajs and the in-memory broker, pass one conformance
// suite (test/conformance.ts); nothing outside this package knows which one it talks to.

import type { InRecord, OutRecord, TopicPartition } from './record.ts'

export interface Broker {
  /**
   * Fences every earlier writer with this id: when it resolves, their open transaction is decided and
   * they can never commit again.
   */
  openWriter(options: WriterOptions): Promise<TransactionalWriter>
  /** Reads with positions of our own, committed isolation; no group is involved. */
  openReader(options?: ReaderOptions): Promise<Reader>
  /** Joins a consumer group; partition p of all topics goes to one member. */
  joinGroup(options: GroupOptions): Promise<Membership>
  /** Writes outside transactions, acknowledged by all in-sync replicas. */
  openAppender(options?: AppenderOptions): Promise<Appender>
  openAdmin(): Promise<Admin>
}

export interface WriterOptions {
  transactionalId: string
  /** After this the broker aborts an open transaction by itself. Default 20,000. */
  transactionTimeoutMs?: number
}

export interface TransactionalWriter {
  /**
   * Writes all records in one transaction, each partition's in the given order. Resolves, once it is
   * committed, with the offset of the first record per topic and partition.
   * @throws FleetError TRANSACTION_LOST (transient): outcome unknown or refused; this writer is dead,
   *   open a new one and read back what was committed.
   */
  commit(records: readonly OutRecord[]): Promise<CommittedOffset[]>
  close(): Promise<void>
}

export interface CommittedOffset extends TopicPartition {
  baseOffset: number
}

export interface ReaderOptions {
  /** How long the broker may hold a fetch when there is nothing. Default 500. */
  maxWaitMs?: number
  /** Most bytes one partition brings in one fetch. Default 1 MiB. */
  partitionBytesMax?: number
}

export interface Reader {
  /** Starts reading; `offset` -1 is the start of the log. */
  open(positions: readonly Position[]): RecordStream
  /**
   * Where the committed records of a partition end, no transaction being open in it.
   * @throws FleetError END_UNKNOWN (transient): its leader can't tell now, or something is open.
   */
  committedEnd(of: TopicPartition): Promise<number>
  /** Why nothing could be fetched for the last seconds, for readiness; null when all is well. */
  problem(): string | null
  /** Rejects (FleetError, fatal) when reading can't go on; never resolves before close. */
  readonly failed: Promise<never>
  close(): Promise<void>
}

export interface Position extends TopicPartition {
  offset: number
}

/** Records of one or more partitions; no order between partitions, log order within each. */
export interface RecordStream {
  /**
   * Waits until there is something (at most `waitMs`) and takes at most `max` records.
   * `records` may be empty while positions moved on (control or aborted records, compaction gaps).
   */
  take(max: number, waitMs: number): Promise<Chunk>
  /** What is fetched and not yet taken; of each partition in its order. */
  ahead(): InRecord[]
  /** Makes a waiting take() return now. */
  wake(): void
  /**
   * Last stable offset minus position, by topic and partition; what is still to be read. Null until the
   * first answer of the broker.
   */
  lag(): (TopicPartition & { lag: number | null })[]
  close(): void
}

export interface Chunk {
  records: InRecord[]
  /** Where reading goes on after these records, for every partition of the stream. */
  positions: Position[]
}

export interface GroupOptions {
  groupId: string
  /** Co-partitioned topics. */
  topics: readonly string[]
  /** Default 10,000. */
  sessionTimeoutMs?: number
  /** How long a rebalance waits for members to come back. Default 30,000. */
  rebalanceTimeoutMs?: number
  /** Must resolve when no work for any partition is under way; the member rejoins after it. */
  onRevoked(): Promise<void>
  /** Called after each join with the partitions this member now owns, of every topic. */
  onAssigned(partitions: readonly number[]): void
}

export interface Membership {
  readonly memberId: string
  /** For display and autoscaling only; correctness never depends on it. Failures are swallowed. */
  commitOffsets(positions: readonly Position[]): Promise<void>
  /** Rejects (FleetError, fatal) when membership can't be kept; never resolves before close. */
  readonly failed: Promise<never>
  leave(): Promise<void>
}

export interface AppenderOptions {
  /** Requests take at most this long. Default 5,000. */
  requestTimeoutMs?: number
  /** Most records in one request. Default 2,000. */
  batchRecordsMax?: number
  /** Bytes that may wait or be under way; beyond that append() rejects OVERLOADED. Default 64 MiB. */
  pendingBytesMax?: number
}

export interface Appender {
  /**
   * Resolves when all in-sync replicas have the record. One request per leader is under way at a
   * time; what arrives meanwhile goes into the next (natural batching).
   * @throws FleetError APPEND_FAILED | APPEND_UNKNOWN | OVERLOADED (all transient). After
   *   APPEND_UNKNOWN the record may or may not be there. Fatal where Kafka refuses this user.
   * @param notAfterMs elapsed time from when nobody waits for it: what was not sent by then never is, so
   *   that a slow broker's time goes to records that are still waited for.
   */
  append(record: OutRecord, notAfterMs?: number): Promise<{ offset: number }>
  /** Whether the cluster could be reached lately: true until a failure, true again after a success. */
  readonly healthy: boolean
  /** Sends what waits, then disconnects. */
  close(): Promise<void>
}

export interface Admin {
  /**
   * Null for a topic that does not exist. `config: false` leaves the settings out, whose reading needs a
   * right of its own (DESCRIBE_CONFIGS).
   */
  describeTopics(
    names: readonly string[],
    options?: { config: boolean },
  ): Promise<(TopicDescription | null)[]>
  createTopics(topics: readonly NewTopic[]): Promise<void>
  alterTopicConfig(name: string, config: Record<string, string>): Promise<void>
  /** Start of the log and last stable offset of every partition. */
  offsets(topic: string): Promise<PartitionOffsets[]>
  /** The first offset at or after the time, per partition; the end where there is none. */
  offsetsAtTime(topic: string, timestampMs: number): Promise<Position[]>
  committedOffsets(groupId: string, topics: readonly string[]): Promise<Position[]>
  describeGroup(groupId: string): Promise<GroupDescription>
  describeCluster(): Promise<{ brokers: { id: number; host: string; port: number }[] }>
  close(): Promise<void>
}

export interface TopicDescription {
  name: string
  partitions: number
  replicationFactor: number
  /** Settings that differ from the broker's defaults or were asked for by us. */
  config: Record<string, string>
}

export interface NewTopic {
  name: string
  partitions: number
  replicationFactor: number
  config: Record<string, string>
}

export interface PartitionOffsets {
  partition: number
  logStart: number
  lastStable: number
}

export interface GroupDescription {
  groupId: string
  /** Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  state: string
  members: { memberId: string; clientId: string; clientHost: string; partitions: number[] }[]
}
