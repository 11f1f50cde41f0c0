// Transactions of the in-memory broker as its coordinator sees them: epochs that fence, one open
// transaction per id, and the steps of a transaction one by one, for faults between them.

import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import type { MemoryLog, Transaction } from './memory-log.ts'
import type { CommittedOffset, WriterOptions } from './ports.ts'
import { tpName } from './produce.ts'
import type { OutRecord, TopicPartition } from './record.ts'

const transactionTimeoutMsDefault = 20_000

/** One epoch of a transactional id. Both steps throw TRANSACTION_LOST once a later epoch exists. */
export interface MemoryProducer {
  /** Adds records to the open transaction, beginning one where there is none. */
  produce(records: readonly OutRecord[]): CommittedOffset[]
  end(outcome: 'committed' | 'aborted'): void
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
}

export class MemoryTransactions {
  readonly #coordinator: Coordinator
  readonly #producers = new Map<string, ProducerState>()

  constructor(coordinator: Coordinator) {
    this.#coordinator = coordinator
  }

  /** InitProducerId: aborts what a predecessor left open and fences it. */
  init({ transactionalId, transactionTimeoutMs }: WriterOptions): MemoryProducer {
    const state = this.#producers.get(transactionalId) ?? {
      transactionalId,
      producerId: this.#producers.size + 1,
      epoch: -1,
      timeoutMs: transactionTimeoutMsDefault,
      open: null,
    }
    state.timeoutMs = transactionTimeoutMs ?? transactionTimeoutMsDefault
    this.#producers.set(transactionalId, state)
    this.#finish(state, 'aborted')
    const epoch = ++state.epoch
    return {
      produce: records => {
        requireEpoch(state, epoch)
        return this.#write(state, records)
      },
      end: outcome => {
        requireEpoch(state, epoch)
        this.#finish(state, outcome)
      },
    }
  }

  /** Writes whatever the epoch, and leaves the transaction open. */
  writeAndVanish(transactionalId: string, records: readonly OutRecord[]): void {
    const state = this.#producers.get(transactionalId)
    if (state !== undefined) this.#write(state, records)
  }

  #write(state: ProducerState, records: readonly OutRecord[]): CommittedOffset[] {
    const open = (state.open ??= this.#begin(state))
    const first = new Map<string, CommittedOffset>()
    for (const record of records) {
      const log = this.#coordinator.log(record)
      open.logs.add(log)
      const baseOffset = log.append(record, this.#coordinator.appendTimeMs(), open.transaction)
      const { topic, partition } = record
      const name = tpName(record)
      if (!first.has(name)) first.set(name, { topic, partition, baseOffset })
    }
    return [...first.values()]
  }

  #begin(state: ProducerState): OpenTransaction {
    // As the broker does: the writer that was too slow is fenced as well.
    const cancelTimeout = this.#coordinator.clock.after(state.timeoutMs, () => {
      state.epoch++
      this.#finish(state, 'aborted')
    })
    const transaction: Transaction = { producerId: state.producerId, state: 'open' }
    return { transaction, logs: new Set(), cancelTimeout }
  }

  #finish(state: ProducerState, outcome: 'committed' | 'aborted'): void {
    const { open } = state
    if (open === null) return
    state.open = null
    open.cancelTimeout()
    open.transaction.state = outcome
    for (const log of open.logs) log.finish(open.transaction)
    this.#coordinator.onDecided()
  }
}

function requireEpoch(state: ProducerState, epoch: number): void {
  if (state.epoch === epoch) return
  throw new FleetError(
    'TRANSACTION_LOST',
    'transient',
    `Transaction of ${state.transactionalId} lost: the writer was fenced or closed`,
  )
}
