// The broker as one stage of one process sees it.

import type { StageName } from '@fleet/contracts'
import type { Admin, Appender, Broker, GroupOptions, Membership, Reader } from '@fleet/kafka'
import type { TransactionalWriter, WriterOptions } from '@fleet/kafka'

import { ProcessMembership } from './process-membership.ts'
import { ProcessReader } from './process-reader.ts'
import { ProcessWriter } from './process-writer.ts'
import type { ProcessSurroundings } from './surroundings.ts'

export class ProcessBroker implements Broker {
  readonly #stage: StageName
  readonly #around: ProcessSurroundings
  readonly #partitions: number
  readonly #readers: Reader[] = []
  membership: ProcessMembership | null = null

  constructor(stage: StageName, around: ProcessSurroundings, partitions: number) {
    this.#stage = stage
    this.#around = around
    this.#partitions = partitions
  }

  openWriter(options: WriterOptions): Promise<TransactionalWriter> {
    const { life } = this.#around
    const opening = ProcessWriter.open(this.#stage, this.#around, options)
    return life.hear('open-writer-heard', opening)
  }

  async openReader(): Promise<Reader> {
    await this.#around.life.turn('open-reader')
    const inner = await this.#around.broker.openReader()
    this.#readers.push(inner)
    return new ProcessReader(this.#stage, this.#around, inner)
  }

  async joinGroup(options: GroupOptions): Promise<Membership> {
    const membership = new ProcessMembership(this.#around, options, this.#partitions)
    this.membership = membership
    await membership.join()
    return membership
  }

  async openAdmin(): Promise<Admin> {
    await this.#around.life.turn('open-admin')
    return this.#around.broker.openAdmin()
  }

  openAppender(): Promise<Appender> {
    return Promise.reject(new Error('stages do not append'))
  }

  /** What the dead process held open: the broker reads for it no more. */
  abandon(): void {
    for (const reader of this.#readers) void reader.close()
  }
}
