// A transactional writer as a process has it: each step of a transaction is a request that takes time
// and may fail, be lost, or be the last thing the process does.

import type { StageName } from '@fleet/contracts'
import type { CommittedOffset, MemoryBroker, OutRecord, TransactionalWriter } from '@fleet/kafka'
import type { WriterOptions } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import type { CommitFault } from '../plan/plan.ts'
import type { ProcessSurroundings } from './surroundings.ts'

type Producer = ReturnType<MemoryBroker['initProducer']>

export class ProcessWriter implements TransactionalWriter {
  readonly #stage: StageName
  readonly #around: ProcessSurroundings
  readonly #producer: Producer
  #isDead = false

  constructor(stage: StageName, around: ProcessSurroundings, producer: Producer) {
    this.#stage = stage
    this.#around = around
    this.#producer = producer
  }

  static async open(
    stage: StageName,
    around: ProcessSurroundings,
    options: WriterOptions,
  ): Promise<ProcessWriter> {
    const unreachable = new FleetError('KAFKA_UNREACHABLE', 'transient', 'no broker answers')
    await around.life.turn('open-writer')
    if (around.faults.strike('writer-refused', stage) !== null) throw unreachable
    await around.request()
    const producer = around.broker.initProducer(options)
    if (around.faults.strike('writer-unheard', stage) !== null) throw unreachable
    return new ProcessWriter(stage, around, producer)
  }

  async commit(records: readonly OutRecord[]): Promise<CommittedOffset[]> {
    const { life, faults } = this.#around
    await life.turn('commit')
    if (this.#isDead) throw lost('this writer is dead')
    // As the real one: dead until proven alive.
    this.#isDead = true
    const fault = faults.strike('commit', this.#stage)
    const committed = await life.hear('commit-heard', this.#transact(records, fault?.how ?? null))
    this.#isDead = false
    return committed
  }

  async #transact(
    records: readonly OutRecord[],
    fault: CommitFault | null,
  ): Promise<CommittedOffset[]> {
    const { life, request } = this.#around
    if (fault?.kind === 'refused') throw lost('refused')
    await this.#crash(fault, 0)
    await request()
    if (fault?.kind === 'aborted' || fault?.kind === 'left-open') {
      return this.#failAfterWriting(records, fault)
    }
    if (fault?.kind === 'written-late') return this.#writeLater(records, fault.ms)
    const half = fault?.kind === 'crash' && fault.step === 1 ? Math.ceil(records.length / 2) : null
    const committed = this.#producer.produce(half === null ? records : records.slice(0, half))
    await this.#crash(fault, 1)
    await life.turn('commit-written')
    await this.#crash(fault, 2)
    if (fault?.kind === 'end-delayed') return this.#endLater(fault.ms)
    await request()
    this.#producer.end('committed')
    await this.#crash(fault, 3)
    if (fault?.kind === 'response-lost') throw lost('no response')
    return committed
  }

  async #failAfterWriting(
    records: readonly OutRecord[],
    fault: Extract<CommitFault, { kind: 'aborted' | 'left-open' }>,
  ): Promise<never> {
    this.#producer.produce(records.slice(0, Math.ceil(records.length * fault.share)))
    if (fault.kind === 'aborted') this.#producer.end('aborted')
    await this.#around.request()
    throw lost(fault.kind)
  }

  #endLater(ms: number): never {
    this.#arriveLater(ms, () => this.#producer.end('committed'))
    throw lost('timed out')
  }

  #writeLater(records: readonly OutRecord[], ms: number): never {
    this.#arriveLater(ms, () => this.#producer.produce(records))
    throw lost('timed out')
  }

  /** The request is under way: it arrives whatever becomes of the process. */
  #arriveLater(ms: number, request: () => void): void {
    this.#around.world.after(ms, () => {
      try {
        request()
      } catch {
        // Refused, as it must be once there is a successor.
      }
    })
  }

  async #crash(fault: CommitFault | null, step: number): Promise<void> {
    if (fault?.kind !== 'crash' || fault.step !== step) return
    this.#around.die(fault.downMs)
    await new Promise<never>(() => {})
  }

  async close(): Promise<void> {
    await this.#around.life.turn('close-writer')
    this.#isDead = true
  }
}

function lost(why: string): FleetError {
  return new FleetError('TRANSACTION_LOST', 'transient', `Transaction lost: ${why}`)
}
