// How far a task is behind, and whether that is known at all: a task that does not run reads nothing, and
// its silence must not look like being up to date.

import type { Reader, RecordStream } from '@fleet/kafka'

export interface TaskLag {
  /** Committed records not yet processed; 0 while that is not known. */
  lag: number
  /** False while nobody can tell where its inputs end: not running, not yet read, Kafka away. */
  isLagKnown: boolean
}

/** `inWork`: records taken and not yet committed. */
export function taskLag(
  stream: RecordStream | null,
  reader: Pick<Reader, 'problem'>,
  inWork = 0,
): TaskLag {
  const lag = untakenOf(stream)
  return { lag: (lag ?? 0) + inWork, isLagKnown: lag !== null && reader.problem() === null }
}

/** Records not yet taken; null while the ends of its inputs are not known. */
export function untakenOf(stream: RecordStream | null): number | null {
  const lags = stream?.lag().map(({ lag }) => lag) ?? [null]
  return lags.reduce((sum, lag) => (sum === null || lag === null ? null : sum + lag), 0)
}
