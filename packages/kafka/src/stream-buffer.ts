// What a reader has fetched and its task has not yet taken, for the partitions of one stream. Shared
// by the kafkajs reader and the in-memory one, so that both hand out records the same way.

import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import type { Chunk, Position, RecordStream } from './ports.ts'
import { tpName } from './produce.ts'
import type { InRecord, TopicPartition } from './record.ts'

/**
 * A partition with this much fetched and not taken is left out of fetches: memory stays bounded. No more
 * than a task takes within about the next quarter of a second, because records that wait through two
 * collections are moved to the old generation, which is dear to collect: four times as much cost a tenth
 * of the processor's CPU.
 */
const bufferedBytesMax = 1024 * 1024

export interface PartitionBuffer extends TopicPartition {
  /** Where the next fetch starts; -1 until the start of the log is known. */
  fetchOffset: number
  /** Where the task goes on. */
  takenOffset: number
  lastStable: number
  /** Opened at the start of the log, wherever that is. */
  fromStart: boolean
  /** Not yet taken. */
  records: InRecord[]
  bytes: number
  /** Fetches in a row that brought a damaged batch. */
  damagedFetches: number
  failure: FleetError | null
}

export class StreamBuffer implements RecordStream {
  readonly partitions: PartitionBuffer[]
  readonly #clock: Clock
  readonly #onRoom: () => void
  readonly #onClose: () => void
  #wake: (() => void) | null = null
  #moved = false
  #woken = false
  #next = 0
  closed = false

  constructor(
    positions: readonly Position[],
    clock: Clock,
    hooks: { onRoom: () => void; onClose: () => void },
  ) {
    this.partitions = positions.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      fetchOffset: offset,
      takenOffset: offset,
      lastStable: -1,
      fromStart: offset < 0,
      records: [],
      bytes: 0,
      damagedFetches: 0,
      failure: null,
    }))
    this.#clock = clock
    this.#onRoom = hooks.onRoom
    this.#onClose = hooks.onClose
  }

  hasRoom(buffer: PartitionBuffer): boolean {
    return buffer.bytes < bufferedBytesMax
  }

  /** Hands in what a fetch brought: committed records and where the next fetch starts. */
  push(buffer: PartitionBuffer, records: InRecord[], nextOffset: number, bytes: number): void {
    if (this.closed) return
    if (records.length > 0) {
      if (buffer.records.length === 0) buffer.records = records
      else for (const record of records) buffer.records.push(record)
      buffer.bytes += bytes
    }
    if (nextOffset !== buffer.fetchOffset || records.length > 0) this.#moved = true
    buffer.fetchOffset = nextOffset
    if (buffer.records.length === 0) buffer.takenOffset = nextOffset
    if (this.#moved) this.#wake?.()
  }

  fail(buffer: PartitionBuffer, failure: FleetError): void {
    buffer.failure = failure
    this.wake()
  }

  async take(max: number, waitMs: number): Promise<Chunk> {
    // Not at once: a caller that takes in a loop would leave the event loop no turn.
    if (this.closed) await this.#clock.sleep(0)
    else if (!this.#moved && !this.#woken) {
      await new Promise<void>(resolve => {
        const cancel = this.#clock.after(Math.max(0, waitMs), resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
      this.#wake = null
    }
    this.#woken = false
    for (const { failure } of this.partitions) if (failure !== null) throw failure
    return this.#collect(max)
  }

  #collect(max: number): Chunk {
    const records: InRecord[] = []
    let left = false
    const count = this.partitions.length
    for (let turn = 0; turn < count; turn++) {
      const buffer = this.partitions[(this.#next + turn) % count]
      if (buffer === undefined) continue
      const { bytes: before } = buffer
      const following = takeFrom(buffer, max - records.length, records)
      if (following === undefined) {
        buffer.takenOffset = buffer.fetchOffset
      } else {
        buffer.takenOffset = following.offset
        left = true
      }
      if (before > buffer.bytes && this.hasRoom(buffer)) this.#onRoom()
    }
    // The next take starts with another partition, so that a busy one does not starve the others.
    this.#next = count === 0 ? 0 : (this.#next + 1) % count
    this.#moved = left
    return { records, positions: this.#positions() }
  }

  #positions(): Position[] {
    return this.partitions.map(({ topic, partition, takenOffset }) => ({
      topic,
      partition,
      offset: takenOffset,
    }))
  }

  ahead(): InRecord[] {
    return this.partitions.flatMap(({ records }) => records)
  }

  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  lag(): (TopicPartition & { lag: number | null })[] {
    return this.partitions.map(({ topic, partition, takenOffset, lastStable }) => ({
      topic,
      partition,
      lag: lastStable < 0 || takenOffset < 0 ? null : Math.max(0, lastStable - takenOffset),
    }))
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.wake()
    this.#onClose()
  }
}

/** Moves at most `max` records and returns the one behind them; of the bytes their share goes too. */
function takeFrom(buffer: PartitionBuffer, max: number, into: InRecord[]): InRecord | undefined {
  const before = buffer.records.length
  // Out of the list at once: else what was taken would live as long as what still waits.
  for (const record of buffer.records.splice(0, max)) into.push(record)
  const after = buffer.records.length
  buffer.bytes = after === 0 ? 0 : buffer.bytes * (after / before)
  return buffer.records[0]
}

/** Raised when the record to read next is gone: retention was shorter than the outage. */
export function outOfRange(buffer: PartitionBuffer, logStart: number): FleetError {
  return new FleetError(
    'OFFSET_OUT_OF_RANGE',
    'fatal',
    `${tpName(buffer)} was read up to ${buffer.fetchOffset}, but the log now covers ${logStart} on: ` +
      'records were deleted unread, or the topic was made anew',
  )
}
