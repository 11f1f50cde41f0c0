// What has been decided and not yet committed: one transaction in the making.

import type { OutRecord, Position } from '@fleet/kafka'

import { copyOf } from './progress.ts'
import type { Progress } from './progress.ts'
import { BatchTally } from './stage-metrics.ts'

/** Most output bytes of one transaction, far below what the broker's request limit (100 MB) takes. */
const batchBytesMax = 4 * 1024 * 1024

export class Batch {
  readonly outputs: OutRecord[] = []
  readonly tally = new BatchTally()
  /** A copy: the task's own progress changes only after commit. */
  readonly progress: Progress
  readonly #recordsMax: number
  bytes = 0
  decided = 0

  /** `recordsMax`: see batch-size.ts. */
  constructor(progress: Progress, recordsMax = Infinity) {
    this.#recordsMax = recordsMax
    this.progress = copyOf(progress)
  }

  get isFull(): boolean {
    return this.decided >= this.#recordsMax
  }

  /** A batch always takes its first record, however large. */
  hasRoomFor(bytes: number): boolean {
    return this.decided === 0 || this.bytes + bytes <= batchBytesMax
  }

  moveTo(positions: readonly Position[]): void {
    for (const { topic, offset } of positions) {
      if (offset >= 0) this.progress.positions[topic] = offset
    }
  }

  /** Adds the tally to the counts that go into the changelog. */
  close(): Progress {
    for (const verdict of ['published', 'duplicate', 'dead_letter'] as const) {
      this.progress.counts[verdict] += this.tally.counts[verdict]
    }
    this.progress.transactions++
    return this.progress
  }
}
