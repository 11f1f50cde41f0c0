// What a task has read, from the beginning up to where it stood: its inputs in the order in which the
// brokers took their records. Between topics the task itself may have read in another order; none of its
// decisions may depend on that.

import type { InRecord, Reader, RecordStream } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import { FailureWatch } from '../failure-watch.ts'

const takeRecordsMax = 1000
const waitMs = 500

export interface InputSlice {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** Records before it are read. */
  readonly to: number
}

/** @throws FleetError STOPPED (transient) when `stopping` is aborted first. */
export async function* mergeInputs(
  reader: Reader,
  slices: readonly InputSlice[],
  stopping: AbortSignal,
): AsyncGenerator<InRecord> {
  const cursors = slices.map(slice => new Cursor(reader, slice))
  const wake = (): void => {
    for (const cursor of cursors) cursor.wake()
  }
  stopping.addEventListener('abort', wake, { once: true })
  try {
    for (;;) {
      let first: Cursor | null = null
      for (const cursor of cursors) {
        await cursor.fill(stopping)
        const { timestampMs } = cursor
        if (timestampMs !== null && timestampMs < (first?.timestampMs ?? Infinity)) first = cursor
      }
      if (first === null) return
      yield first.take()
    }
  } finally {
    stopping.removeEventListener('abort', wake)
    for (const cursor of cursors) cursor.close()
  }
}

/** One input: holds a portion of it. */
class Cursor {
  readonly #stream: RecordStream | null
  readonly #watch: FailureWatch | null
  readonly #to: number
  #at: number
  #records: readonly InRecord[] = []
  #next = 0

  constructor(reader: Reader, { topic, partition, from, to }: InputSlice) {
    this.#at = from
    this.#to = to
    this.#stream = from < to ? reader.open([{ topic, partition, offset: from }]) : null
    this.#watch = this.#stream && new FailureWatch(reader, this.#stream)
  }

  /** Of its next record; null: there is none. */
  get timestampMs(): number | null {
    return this.#records[this.#next]?.timestampMs ?? null
  }

  take(): InRecord {
    const record = this.#records[this.#next++]
    if (record === undefined) throw new FleetError('INTERNAL', 'fatal', 'an input has no next')
    return record
  }

  async fill(stopping: AbortSignal): Promise<void> {
    while (this.#stream !== null && this.#next === this.#records.length && this.#at < this.#to) {
      if (stopping.aborted) throw new FleetError('STOPPED', 'transient', 'stopped while reading')
      this.#watch?.check()
      const chunk = await this.#stream.take(takeRecordsMax, waitMs)
      this.#records = chunk.records.filter(({ offset }) => offset < this.#to)
      this.#next = 0
      this.#at = chunk.positions[0]?.offset ?? this.#at
    }
  }

  wake(): void {
    this.#stream?.wake()
  }

  close(): void {
    this.#watch?.end()
    this.#stream?.close()
  }
}
