// Transactions of the in-memory broker as its coordinator and leaders see them: epochs that fence, one
// open transaction per id, markers that may be written later than the outcome is decided.

import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { Refused } from './memory-faults.ts'
import type { MarkerDelay } from './memory-faults.ts'
import type { MemoryLog, Transaction } from './memory-log.ts'
import type { CommittedOffset, WriterOptions } from './ports.ts'
import { tpName } from './produce.ts'
import type { OutRecord, TopicPartition } from './record.ts'

const transactionTimeoutMsDefault = 20_000

export type Outcome = 'committed' | 'aborted'

/** One epoch of a transactional id. Both steps throw TRANSACTION_LOST once a later epoch exists. */
export interface MemoryProducer {
  /** Adds records to the open transaction, beginning one where there is none. */
  produce(records: readonly OutRecord[]): CommittedOffset[]
  end(outcome: Outcome): void
}

/** Who a request comes from. */
export interface ProducerIdentity {
  transactionalId: string
  epoch: number
}

interface Coordinator {
  clock: Clock
  log(of: TopicPartition): MemoryLog
  appendTimeMs(): number
  /** Something became readable. */
  onDecided(): void
}

interface OpenTransaction {
  transaction: Transaction
  logs: Set<MemoryLog>
  cancelTimeout: () => void
}

interface ProducerState {
  transactionalId: string
  producerId: number
  epoch: number
  timeoutMs: number
  open: OpenTransaction | null
  /** Logs that still wait for the marker of a decided transaction. */
  markersMissing: number
}

export class MemoryTransactions {
  readonly #coordinator: Coordinator
  readonly #producers = new Map<string, ProducerState>()

  constructor(coordinator: Coordinator) {
    this.#coordinator = coordinator
  }

  /**
   * InitProducerId: fences and aborts what a predecessor left open.
   * @throws Refused CONCURRENT_TRANSACTIONS until the predecessor's markers are written.
   */
  init(options: WriterOptions, markers: MarkerDelay = null): ProducerIdentity {
    const { transactionalId, transactionTimeoutMs = transactionTimeoutMsDefault } = options
    const state = this.#producers.get(transactionalId) ?? {
      transactionalId,
      producerId: this.#producers.size + 1,
      epoch: -1,
      timeoutMs: transactionTimeoutMs,
      open: null,
      markersMissing: 0,
    }
    this.#producers.set(transactionalId, state)
    requireMarkers(state)
    const epoch = ++state.epoch
    this.#finish(state, 'aborted', markers)
    requireMarkers(state)
    state.timeoutMs = transactionTimeoutMs
    return { transactionalId, epoch }
  }

  /** AddPartitionsToTxn: begins a transaction where none is open. */
  add(identity: ProducerIdentity, partitions: readonly TopicPartition[]): void {
    const state = this.#current(identity)
    requireMarkers(state)
    const open = (state.open ??= this.#begin(state))
    for (const partition of partitions) open.logs.add(this.#coordinator.log(partition))
  }

  /** Produce to one partition; returns the offset of the first record. */
  produce(
    identity: ProducerIdentity,
    partition: TopicPartition,
    records: readonly OutRecord[],
  ): number {
    const { open } = this.#current(identity)
    const log = this.#coordinator.log(partition)
    if (open === null || !open.logs.has(log)) throw new Refused('INVALID_TXN_STATE')
    const baseOffset = log.end
    const timeMs = this.#coordinator.appendTimeMs()
    for (const record of records) log.append(record, timeMs, open.transaction)
    return baseOffset
  }

  /** EndTxn. */
  end(identity: ProducerIdentity, outcome: Outcome, markers: MarkerDelay = null): void {
    const state = this.#current(identity)
    requireMarkers(state)
    this.#finish(state, outcome, markers)
  }

  /** The steps of an epoch as plain calls, whose requests always arrive. */
  producer(options: WriterOptions): MemoryProducer {
    const identity = orLost(options, () => this.init(options))
    return {
      produce: records => orLost(options, () => this.#write(identity, records)),
      end: outcome => orLost(options, () => this.end(identity, outcome)),
    }
  }

  /** Writes whatever the epoch, and leaves the transaction open. */
  writeAndVanish(transactionalId: string, records: readonly OutRecord[]): void {
    const epoch = this.#producers.get(transactionalId)?.epoch
    if (epoch !== undefined) this.#write({ transactionalId, epoch }, records)
  }

  #write(identity: ProducerIdentity, records: readonly OutRecord[]): CommittedOffset[] {
    this.add(identity, records)
    const first = new Map<string, CommittedOffset>()
    for (const record of records) {
      const baseOffset = this.produce(identity, record, [record])
      const { topic, partition } = record
      const name = tpName(record)
      if (!first.has(name)) first.set(name, { topic, partition, baseOffset })
    }
    return [...first.values()]
  }

  #current({ transactionalId, epoch }: ProducerIdentity): ProducerState {
    const state = this.#producers.get(transactionalId)
    if (state === undefined || state.epoch !== epoch) throw new Refused('INVALID_PRODUCER_EPOCH')
    return state
  }

  #begin(state: ProducerState): OpenTransaction {
    // As the broker does: the writer that was too slow is fenced as well.
    const cancelTimeout = this.#coordinator.clock.after(state.timeoutMs, () => {
      state.epoch++
      this.#finish(state, 'aborted', null)
    })
    const transaction: Transaction = { producerId: state.producerId, state: 'open' }
    return { transaction, logs: new Set(), cancelTimeout }
  }

  #finish(state: ProducerState, outcome: Outcome, markers: MarkerDelay): void {
    const { open } = state
    if (open === null) return
    state.open = null
    open.cancelTimeout()
    open.transaction.state = outcome
    for (const log of open.logs) {
      if (markers !== null && (markers.topic ?? log.topic) === log.topic) {
        state.markersMissing++
        void markers.until.then(() => {
          state.markersMissing--
          log.finish(open.transaction)
          this.#coordinator.onDecided()
        })
      } else log.finish(open.transaction)
    }
    this.#coordinator.onDecided()
  }
}

function requireMarkers({ markersMissing }: ProducerState): void {
  if (markersMissing > 0) throw new Refused('CONCURRENT_TRANSACTIONS')
}

function orLost<T>({ transactionalId }: WriterOptions, request: () => T): T {
  try {
    return request()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const message = `Transaction of ${transactionalId} lost: ${error.type}`
    throw new FleetError('TRANSACTION_LOST', 'transient', message, { cause: error })
  }
}
