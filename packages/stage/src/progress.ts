// Where a task stands: one record in its changelog, written in every transaction. The positions in it,
// not the group's offsets, decide where reading goes on.

import { FleetError } from '@fleet/runtime'

import type { StateMark } from './state-hash.ts'

export interface Progress {
  /** Next offset to read, by input topic. */
  positions: Record<string, number>
  /** Greatest log-append time seen, milliseconds. */
  streamTimeMs: number
  /** Wall time of the last tick that was committed, milliseconds; 0 before the first. */
  lastTickMs: number
  /** Records decided since the beginning, by verdict. */
  counts: Record<Verdict, number>
  /** Transactions committed since the beginning. */
  transactions: number
  partitionCount: number
  /** What the state's changelog records come to; missing in changelogs of before it was kept. */
  state?: StateMark
}

export type Verdict = 'published' | 'duplicate' | 'dead_letter'

/** Changelog keys of the loop itself; a state's keys never start with `!`. */
export const progressKey = '!progress'
export const barrierKey = '!barrier'

export function noProgress(partitionCount: number): Progress {
  return {
    positions: {},
    streamTimeMs: 0,
    lastTickMs: 0,
    counts: { published: 0, duplicate: 0, dead_letter: 0 },
    transactions: 0,
    partitionCount,
  }
}

/** Member by member: copies by `...` are of other hidden classes than what they copy, and code is made for each. */
export function copyOf(progress: Progress): Progress {
  const { positions, streamTimeMs, lastTickMs, counts, transactions, partitionCount } = progress
  const copy: Progress = {
    positions: { ...positions },
    streamTimeMs,
    lastTickMs,
    counts: {
      published: counts.published,
      duplicate: counts.duplicate,
      dead_letter: counts.dead_letter,
    },
    transactions,
    partitionCount,
  }
  if (progress.state !== undefined) copy.state = progress.state
  return copy
}

export function encodeProgress(progress: Progress): Buffer {
  return Buffer.from(JSON.stringify(progress))
}

/**
 * @throws FleetError PARTITION_MISMATCH (fatal): the state was built with another partition count, so
 *   resources live on other partitions than their state.
 */
export function decodeProgress(value: Buffer, partitionCount: number): Progress {
  const progress = JSON.parse(value.toString('utf8')) as Progress
  if (progress.partitionCount !== partitionCount) {
    throw new FleetError(
      'PARTITION_MISMATCH',
      'fatal',
      `State was built with ${progress.partitionCount} partitions, the topics have ${partitionCount}; ` +
        'the partition count of a running topology must not change',
    )
  }
  return progress
}
