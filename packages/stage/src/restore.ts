// Restores a task's memory from its changelog, up to the barrier its new writer has just committed, and from
// its stage's table: everything before the barrier is complete, since earlier writers are fenced.

import { FleetError } from '@fleet/runtime'

import type { StageDeclaration, TaskState } from './declaration.ts'
import { ChangelogFold } from './changelog.ts'
import type { OpenLetters } from './open-letters.ts'
import { barrierKey } from './progress.ts'
import type { Progress } from './progress.ts'
import { readTable } from './read-table.ts'
import type { TableSlice } from './read-table.ts'
import type { StateHash } from './state-hash.ts'

const takeRecordsMax = 5000
const waitMs = 1000

interface ChangelogSlice extends Pick<TableSlice, 'reader' | 'partition' | 'stopping'> {
  topic: string
  barrierOffset: number
}

export interface RestoreRequest<State extends TaskState<Change>, Change>
  extends ChangelogSlice, TableSlice {
  declaration: StageDeclaration<State, Change>
  partitionCount: number
  /** Memory of a partition kept across a rebalance, and the changelog offset after its last commit. */
  known: (Known<State> & { position: number }) | null
}

export interface Known<State> {
  state: State
  progress: Progress
  /** Of what the changelog holds of the state and the letters. */
  hash: StateHash
  letters: OpenLetters
}

export interface Restored<State> extends Known<State> {
  /** Read of the changelog, and of the stage's table. */
  records: number
  tableRecords: number
  /** When the barrier was written, by the broker's clock. */
  barrierMs: number
}

/**
 * @throws FleetError STATE_DIFFERS, STATE_UNREADABLE, PARTITION_MISMATCH (fatal): see changelog.ts.
 */
export async function restoreState<State extends TaskState<Change>, Change>(
  request: RestoreRequest<State, Change>,
): Promise<Restored<State>> {
  const { known } = request
  if (known !== null) {
    const { marked: foreign, barrierMs } = await readChangelog(
      request,
      known.position,
      key => key !== barrierKey,
    )
    if (foreign.length === 0) {
      const { state, progress, hash, letters } = known
      return { state, progress, hash, letters, records: 0, tableRecords: 0, barrierMs }
    }
    // Somebody else owned the partition in between: memory is theirs to tell, from the beginning.
  }
  const { declaration, partition, partitionCount, clock, codec } = request
  const { table } = declaration
  // Asked before anything is read: who is held up meanwhile, and fenced, must not see what came after it.
  const tableEnd = table && (await request.reader.committedEnd({ topic: table.name, partition }))
  const fold = new ChangelogFold(
    declaration.createState(),
    table && { name: table.name, decode: value => codec.decode(table, value) },
  )
  const { barrierMs } = await readChangelog(request, -1, (key, value) => {
    fold.take(key, value)
    return false
  })
  if (table !== undefined && tableEnd !== undefined) {
    await readTable(table, tableEnd, request, (key, value) => fold.takeTable(key, value))
  }
  const pause = (): Promise<void> => clock.sleep(0)
  const progress = await fold.finishInSteps(partitionCount, declaration.name, partition, pause)
  const { state, hash, letters, records, tableRecords } = fold
  return { state, progress, hash, letters, records, tableRecords, barrierMs }
}

/**
 * Reads from `offset` to the barrier; returns the keys for which `visit` says true, and the barrier's time.
 * @throws FleetError TRANSACTION_LOST (transient): stopped before the barrier was reached.
 */
async function readChangelog(
  { reader, topic, partition, barrierOffset, stopping }: ChangelogSlice,
  offset: number,
  visit: (key: string, value: Buffer | null) => boolean,
): Promise<{ marked: string[]; barrierMs: number }> {
  const marked: string[] = []
  let barrierMs = 0
  const stream = reader.open([{ topic, partition, offset }])
  const stop = (): void => stream.wake()
  stopping.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      if (stopping.aborted) {
        throw new FleetError('TRANSACTION_LOST', 'transient', 'stopped while restoring')
      }
      const { records, positions } = await stream.take(takeRecordsMax, waitMs)
      for (const record of records) {
        const key = record.key?.toString('utf8') ?? ''
        if (record.offset <= barrierOffset && visit(key, record.value)) marked.push(key)
        if (record.offset === barrierOffset) barrierMs = record.timestampMs
      }
      if ((positions[0]?.offset ?? -1) > barrierOffset) return { marked, barrierMs }
    }
  } finally {
    stopping.removeEventListener('abort', stop)
    stream.close()
  }
}
