// The transactional writer on kafkajs's connections. One per partition and process; after any error
// it is dead: the caller opens a new one, whose fence decides the old transaction (pitfalls P3, P5).
// It never retries a produce or a commit: that a request was refused for good is the only safe repeat.

import { systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import {
  createCluster,
  protocolErrorOf,
  protocolErrorType,
  transactionCoordinator,
} from './kafkajs.ts'
import type { BrokerNode, Cluster, ConnectionSettings } from './kafkajs.ts'
import { Requests } from './kafkajs-requests.ts'
import type { Api } from './kafkajs-requests.ts'
import type { CommittedOffset, TransactionalWriter, WriterOptions } from './ports.ts'
import type { ByteWriter } from './byte-writer.ts'
import { decodeProduceResponse, encodeProduceRequest, produceApi } from './produce-request.ts'
import { coverError, exactCover, tpName } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import type { OutRecord } from './record.ts'
import {
  addPartitionsApi,
  decodeAddPartitions,
  decodeEndTransaction,
  encodeAddPartitions,
  encodeEndTransaction,
  endTransactionApi,
} from './transaction-requests.ts'
import type { TransactionIdentity } from './transaction-requests.ts'
import { commitInSteps, transactionLost, untilReady } from './transaction-steps.ts'

/** Below the transaction timeout, so that a lost answer is noticed while the fence still works. */
const requestTimeoutMs = 10_000
const transactionTimeoutMsDefault = 20_000
/** The coordinator asks to come back; nothing was done. */
const laterTypes = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])

export async function openKafkaJsWriter(
  settings: ConnectionSettings,
  options: WriterOptions,
  clock: Clock = systemClock,
): Promise<TransactionalWriter> {
  const cluster = createCluster({ requestTimeoutMs, ...settings })
  try {
    await cluster.connect()
    const writer = new KafkaJsWriter(cluster, options.transactionalId, clock)
    await writer.fence(options.transactionTimeoutMs ?? transactionTimeoutMsDefault)
    return writer
  } catch (error) {
    await cluster.disconnect().catch(() => {})
    throw transactionLost(options.transactionalId, 'fence', error)
  }
}

function accepted(errorCode: number): void {
  if (errorCode !== 0) throw protocolErrorOf(errorCode)
}

class KafkaJsWriter implements TransactionalWriter {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #sequences = new Map<string, number>()
  #coordinator: BrokerNode | null = null
  #identity: TransactionIdentity
  readonly #requests = new Requests()
  #dead = false
  readonly #knownTopics = new Set<string>()

  constructor(cluster: Cluster, transactionalId: string, clock: Clock) {
    this.#cluster = cluster
    this.#identity = { transactionalId, producerId: -1, producerEpoch: -1 }
    this.#clock = clock
  }

  /** InitProducerId: decides the predecessor's transaction and raises the epoch. */
  async fence(transactionTimeout: number): Promise<void> {
    await this.#cluster.refreshMetadata()
    const { transactionalId } = this.#identity
    const { producerId, producerEpoch } = await this.#untilReady(node =>
      node.initProducerId({ transactionalId, transactionTimeout }),
    )
    this.#identity = { transactionalId, producerId: Number(producerId), producerEpoch }
  }

  async commit(records: readonly OutRecord[]): Promise<CommittedOffset[]> {
    if (this.#dead)
      throw transactionLost(this.#identity.transactionalId, 'commit', 'this writer is dead')
    if (records.length === 0) return []
    // Dead until proven alive: an error anywhere below leaves it so.
    this.#dead = true
    const committed = await commitInSteps(this.#identity.transactionalId, records, {
      addPartitions: batches => this.#addPartitions(batches),
      produce: batches => this.#produce(batches),
      end: () => this.#endTransaction(),
    })
    this.#dead = false
    return committed
  }

  async close(): Promise<void> {
    this.#dead = true
    await this.#cluster.disconnect()
  }

  async #addPartitions(batches: readonly PartitionBatch[]): Promise<void> {
    await this.#learn(new Set(batches.map(({ topic }) => topic)))
    await this.#untilReady(async node => {
      const encode = (to: ByteWriter): void => encodeAddPartitions(to, this.#identity, batches)
      accepted(decodeAddPartitions(await this.#send(node, addPartitionsApi, encode)))
    })
  }

  async #endTransaction(): Promise<void> {
    const node = await this.#coordinatorNode()
    const encode = (to: ByteWriter): void => encodeEndTransaction(to, this.#identity, true)
    accepted(decodeEndTransaction(await this.#send(node, endTransactionApi, encode)))
  }

  #send(node: BrokerNode, api: Api, encode: (writer: ByteWriter) => void): Promise<Buffer> {
    return this.#requests.send(node.connectionPool, api, encode)
  }

  async #learn(topics: ReadonlySet<string>): Promise<void> {
    const unknown = [...topics].filter(topic => !this.#knownTopics.has(topic))
    if (unknown.length > 0) {
      await this.#cluster.addMultipleTargetTopics(unknown)
      for (const topic of unknown) this.#knownTopics.add(topic)
    }
    await this.#cluster.refreshMetadataIfNecessary()
  }

  async #produce(batches: readonly PartitionBatch[]): Promise<CommittedOffset[]> {
    const byLeader = new Map<number, PartitionBatch[]>()
    for (const batch of batches) {
      const metadata = this.#cluster
        .findTopicPartitionMetadata(batch.topic)
        .find(({ partitionId }) => partitionId === batch.partition)
      if (metadata === undefined || metadata.leader < 0) {
        throw new Error(`no leader known for ${tpName(batch)}`)
      }
      const mine = byLeader.get(metadata.leader)
      if (mine === undefined) byLeader.set(metadata.leader, [batch])
      else mine.push(batch)
    }
    const answers = [...byLeader].map(async ([nodeId, mine]) => {
      const node = await this.#cluster.findBroker({ nodeId })
      const { transactionalId } = this.#identity
      const encode = (to: ByteWriter): void =>
        encodeProduceRequest(to, {
          transactionalId,
          origin: { ...this.#identity, transactional: true },
          timeoutMs: requestTimeoutMs,
          batches: mine,
          firstSequence: batch => this.#nextSequence(batch),
          nowMs: this.#clock.wallMs(),
        })
      const answer = await this.#send(node, produceApi, encode)
      const cover = exactCover(mine, decodeProduceResponse(answer))
      if (!cover.ok) throw coverError(cover, protocolErrorOf)
      return cover.offsets
    })
    return (await Promise.all(answers)).flat()
  }

  /** Sequence of the batch's first record; wraps to 0 after 2^31-1 as the Java client does. */
  #nextSequence(batch: PartitionBatch): number {
    const name = tpName(batch)
    const first = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, (first + batch.records.length) % 0x8000_0000)
    return first
  }

  async #coordinatorNode(): Promise<BrokerNode> {
    this.#coordinator ??= await this.#cluster.findGroupCoordinator({
      groupId: this.#identity.transactionalId,
      coordinatorType: transactionCoordinator,
    })
    return this.#coordinator
  }

  /** Repeats a request that the coordinator refused as "later"; every other error passes. */
  #untilReady<T>(request: (node: BrokerNode) => Promise<T>): Promise<T> {
    const ask = async (): Promise<T> => request(await this.#coordinatorNode())
    return untilReady(this.#clock, ask, error => {
      const type = protocolErrorType(error)
      if (type === undefined || !laterTypes.has(type)) return false
      if (type !== 'CONCURRENT_TRANSACTIONS') this.#coordinator = null
      return true
    })
  }
}
