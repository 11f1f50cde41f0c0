// The transactional writer of the in-memory broker: the same steps as the real one
// (transaction-steps.ts) and the same judgement of every answer; after any error it is dead.

import type { Clock } from '@fleet/runtime'

import { Refused } from './memory-faults.ts'
import type { MemoryRequest, MemoryWire } from './memory-faults.ts'
import type { MemoryTransactions, ProducerIdentity } from './memory-transactions.ts'
import type { CommittedOffset, TransactionalWriter, WriterOptions } from './ports.ts'
import { exactCover } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import type { OutRecord, TopicPartition } from './record.ts'
import { commitInSteps, transactionLost, untilReady } from './transaction-steps.ts'

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
    const init = (): Promise<ProducerIdentity> =>
      around.wire.send(request, markers => around.transactions.init(options, markers))
    const identity = await untilReady(around.clock, init, isLater)
    return new MemoryWriter(around, identity)
  } catch (error) {
    throw transactionLost(transactionalId, 'fence', error)
  }
}

/** A coordinator that says "later". */
function isLater(error: unknown): boolean {
  return error instanceof Refused && laterTypes.has(error.type)
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
    if (this.#dead || this.#closed)
      throw transactionLost(transactionalId, 'commit', 'this writer is dead')
    if (records.length === 0) return []
    // Dead until proven alive: an error anywhere below leaves it so.
    this.#dead = true
    const committed = await commitInSteps(transactionalId, records, {
      addPartitions: batches => this.#addPartitions(batches),
      produce: batches => this.#produce(batches),
      end: () => this.#end(),
    })
    this.#dead = false
    return committed
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
    const add = (): Promise<void> =>
      wire.send(request, () => transactions.add(this.#identity, partitions))
    await untilReady(clock, add, isLater)
  }

  async #end(): Promise<void> {
    const { wire, transactions } = this.#around
    const { transactionalId } = this.#identity
    await wire.send({ api: 'EndTxn', transactionalId, partitions: [] }, markers =>
      transactions.end(this.#identity, 'committed', markers),
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
