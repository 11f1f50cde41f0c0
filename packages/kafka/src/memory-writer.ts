// The transactional writer of the in-memory broker. It asks, judges and dies as the real one does
// (kafkajs-writer.ts): partitions first, one batch per partition and round, an exact cover of every
// round, then the end; after any error it is dead.

import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { Refused } from './memory-faults.ts'
import type { MemoryRequest, MemoryWire } from './memory-faults.ts'
import type { MemoryTransactions, ProducerIdentity } from './memory-transactions.ts'
import type { CommittedOffset, TransactionalWriter, WriterOptions } from './ports.ts'
import { batchRounds, exactCover } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import type { OutRecord, TopicPartition } from './record.ts'

/** As the real writer waits for a coordinator that says "later". */
const patienceMs = 15_000
const retryMsMin = 2
const retryMsMax = 100

const laterTypes = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])

export interface MemoryWriterSurroundings {
  wire: MemoryWire
  transactions: MemoryTransactions
  clock: Clock
}

export async function openMemoryWriter(
  around: MemoryWriterSurroundings,
  options: WriterOptions,
): Promise<TransactionalWriter> {
  const { transactionalId } = options
  const request: MemoryRequest = { api: 'InitProducerId', transactionalId, partitions: [] }
  try {
    const identity = await untilReady(around.clock, () =>
      around.wire.send(request, markers => around.transactions.init(options, markers)),
    )
    return new MemoryWriter(around, identity)
  } catch (error) {
    throw lost(transactionalId, 'fence', error)
  }
}

function lost(transactionalId: string, step: string, cause: unknown): FleetError {
  const message = `Transaction of ${transactionalId} lost at ${step}: ${messageOf(cause)}`
  return new FleetError('TRANSACTION_LOST', 'transient', message, { cause })
}

class MemoryWriter implements TransactionalWriter {
  readonly #around: MemoryWriterSurroundings
  readonly #identity: ProducerIdentity
  #dead = false
  #closed = false

  constructor(around: MemoryWriterSurroundings, identity: ProducerIdentity) {
    this.#around = around
    this.#identity = identity
  }

  async commit(records: readonly OutRecord[]): Promise<CommittedOffset[]> {
    const { transactionalId } = this.#identity
    await Promise.resolve()
    if (this.#dead || this.#closed) throw lost(transactionalId, 'commit', 'this writer is dead')
    if (records.length === 0) return []
    // Dead until proven alive: an error anywhere below leaves it so.
    this.#dead = true
    const { wire, transactions } = this.#around
    let step = 'add partitions'
    try {
      const rounds = batchRounds(records)
      await this.#addPartitions(rounds[0] ?? [])
      step = 'produce'
      const committed: CommittedOffset[] = []
      for (const [index, round] of rounds.entries()) {
        const offsets = await this.#produce(round)
        if (index === 0) committed.push(...offsets)
      }
      step = 'end transaction'
      await wire.send({ api: 'EndTxn', transactionalId, partitions: [] }, markers =>
        transactions.end(this.#identity, 'committed', markers),
      )
      this.#dead = false
      return committed
    } catch (error) {
      throw lost(transactionalId, step, error)
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  async #addPartitions(batches: readonly PartitionBatch[]): Promise<void> {
    const { wire, transactions, clock } = this.#around
    const { transactionalId } = this.#identity
    const partitions = batches.map(({ topic, partition }) => ({ topic, partition }))
    const request: MemoryRequest = { api: 'AddPartitionsToTxn', transactionalId, partitions }
    await untilReady(clock, () =>
      wire.send(request, () => transactions.add(this.#identity, partitions)),
    )
  }

  async #produce(batches: readonly PartitionBatch[]): Promise<CommittedOffset[]> {
    const topics = await Promise.all(
      batches.map(async batch => ({
        topicName: batch.topic,
        partitions: [await this.#produceTo(batch)],
      })),
    )
    const cover = exactCover(batches, { topics })
    if (!cover.ok) throw new Error(cover.problem)
    return cover.offsets
  }

  /** As a leader answers: a refusal is an error code of its partition. */
  async #produceTo(
    batch: PartitionBatch,
  ): Promise<{ partition: number; errorCode: number; baseOffset: string }> {
    const { wire, transactions } = this.#around
    const { transactionalId } = this.#identity
    const { topic, partition, records } = batch
    const partitions: TopicPartition[] = [{ topic, partition }]
    try {
      const baseOffset = await wire.send({ api: 'Produce', transactionalId, partitions }, () =>
        transactions.produce(this.#identity, batch, records),
      )
      return { partition, errorCode: 0, baseOffset: String(baseOffset) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return {
        partition,
        errorCode: errorCodes[error.type] ?? unknownServerError,
        baseOffset: '-1',
      }
    }
  }
}

const unknownServerError = -1
const errorCodes: Readonly<Record<string, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  NOT_LEADER_OR_FOLLOWER: 6,
  NOT_ENOUGH_REPLICAS: 19,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
}

/** Repeats a request that was refused as "later"; every other error passes. */
async function untilReady<T>(clock: Clock, request: () => Promise<T>): Promise<T> {
  const deadline = clock.elapsedMs() + patienceMs
  let waitMs = retryMsMin
  for (;;) {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof Refused) || !laterTypes.has(error.type)) throw error
      if (clock.elapsedMs() > deadline) throw error
      await clock.sleep(waitMs)
      waitMs = Math.min(waitMs * 2, retryMsMax)
    }
  }
}
