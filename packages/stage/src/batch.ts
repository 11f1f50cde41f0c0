// What has been decided and not yet committed: one transaction in the making.

import type { OutRecord, Position } from '@fleet/kafka'

import type { Progress } from './progress.ts'
import { BatchTally } from './stage-metrics.ts'

/** Most records of one transaction, so that its latency and the work lost with it stay small. */
const batchRecordsMax = 500
/** Most output bytes of one transaction, far below what the broker's request limit (100 MB) takes. */
const batchBytesMax = 4 * 1024 * 1024

export class Batch {
  readonly outputs: OutRecord[] = []
  readonly tally = new BatchTally()
  /** A copy: the task's own progress changes only after commit. */
  readonly progress: Progress
  bytes = 0
  decided = 0

  constructor(progress: Progress) {
    this.progress = {
      ...progress,
      positions: { ...progress.positions },
      counts: { ...progress.counts },
    }
  }

  get isFull(): boolean {
    return this.decided >= batchRecordsMax
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
