// The seam at task level: what the loop needs to know of one partition's work. The transactional task
// and the view implement it.

import type { Chunk, Position, RecordStream } from '@fleet/kafka'
import type { FleetError } from '@fleet/runtime'

export interface PartitionHandler {
  readonly partition: number
  /** Fence, barrier, restore. Resolves with where to read each input from. */
  acquire(stopping: AbortSignal): Promise<Position[]>
  /**
   * Decides and commits a chunk. Throwing means lost: nothing of the uncommitted part happened, memory
   * is worth nothing, and the loop acquires again.
   */
  process(chunk: Chunk, stopping: AbortSignal): Promise<void>
  /** Most records it wants at once. */
  readonly takeMax: number
  /** Does what is due by the clock; resolves with the milliseconds until it wants to be asked again. */
  onTime(): Promise<number>
  /**
   * Told of a fatal error. True: this partition alone does not go on until it is assigned anew, and
   * says so; else the process ends.
   */
  refuse?(error: FleetError): boolean
  /** The stream it is read from, for lag; null while not running. */
  stream: RecordStream | null
  close(): Promise<void>
}
