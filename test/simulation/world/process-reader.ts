// A reader as a process has it: what was fetched goes through the product's filter and waits while the
// process does not run, and a fetch may be slow or fail.

import type { StageName } from '@fleet/contracts'
import type { Chunk, InRecord, Position, Reader, RecordStream, TopicPartition } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import { fetchedRecords } from './fetched.ts'
import type { ProcessSurroundings } from './surroundings.ts'

export class ProcessReader implements Reader {
  readonly #stage: StageName
  readonly #around: ProcessSurroundings
  readonly #inner: Reader
  readonly failed: Promise<never>

  constructor(stage: StageName, around: ProcessSurroundings, inner: Reader) {
    this.#stage = stage
    this.#around = around
    this.#inner = inner
    this.failed = inner.failed
  }

  open(positions: readonly Position[]): RecordStream {
    const stream = this.#inner.open(positions)
    const { life } = this.#around
    const taken = new Map(positions.map(position => [nameOf(position), position.offset]))
    return {
      take: (max, waitMs) => life.hear('take-heard', this.#take(stream, taken, max, waitMs)),
      ahead: () => stream.ahead(),
      wake: () => stream.wake(),
      lag: () => stream.lag(),
      close: () => stream.close(),
    }
  }

  async committedEnd(of: TopicPartition): Promise<number> {
    await this.#around.life.turn('ask-end')
    return this.#inner.committedEnd(of)
  }

  problem(): string | null {
    return this.#inner.problem()
  }

  async #take(
    stream: RecordStream,
    taken: Map<string, number>,
    max: number,
    waitMs: number,
  ): Promise<Chunk> {
    const { life, faults, world } = this.#around
    await life.turn('take')
    const { positions } = await stream.take(max, waitMs)
    const chunk = { records: this.#fetch(taken, positions), positions }
    if (chunk.records.length === 0) return chunk
    if (faults.strike('read-failed', this.#stage) !== null) {
      throw new FleetError('KAFKA_UNREACHABLE', 'transient', 'the fetch failed')
    }
    const slow = faults.strike('read-slow', this.#stage)
    if (slow !== null) await world.sleep(slow.ms)
    return chunk
  }

  /** Everything between what was taken before and now. */
  #fetch(taken: Map<string, number>, positions: readonly Position[]): InRecord[] {
    const { broker, chance } = this.#around
    return positions.flatMap(position => {
      const from = taken.get(nameOf(position)) ?? -1
      taken.set(nameOf(position), position.offset)
      if (position.offset <= from) return []
      const log = broker.log(position)
      return fetchedRecords(log, Math.max(from, log.logStart), position.offset, chance)
    })
  }

  /** What the process had open must not go on reading when it is gone. */
  async close(): Promise<void> {
    await this.#inner.close()
  }
}

function nameOf({ topic, partition }: Position): string {
  return `${topic}/${partition}`
}
