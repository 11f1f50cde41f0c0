// What every transactional writer does, whatever its wire: partitions first, one batch per partition
// and round, then the end; a coordinator that says "later" is asked again, nothing else is repeated.
// The in-memory writer runs this very code, so what is shown with it holds for the real one.

import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { refusal } from './refusals.ts'
import type { CommittedOffset } from './ports.ts'
import { batchRounds } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import type { OutRecord } from './record.ts'

/** How long the coordinator may say "later": markers being written, or its own start. */
const patienceMs = 15_000
const retryMsMin = 2
const retryMsMax = 100

export interface TransactionSteps {
  addPartitions(batches: readonly PartitionBatch[]): Promise<void>
  /** Throws unless every partition acknowledged exactly once. */
  produce(batches: readonly PartitionBatch[]): Promise<CommittedOffset[]>
  end(): Promise<void>
}

/**
 * Resolves with the offset of each partition's first record.
 * @throws FleetError TRANSACTION_LOST (transient): the writer must not be used again. Fatal where Kafka
 *   refuses this user for good.
 */
export async function commitInSteps(
  transactionalId: string,
  records: readonly OutRecord[],
  steps: TransactionSteps,
): Promise<CommittedOffset[]> {
  let step = 'add partitions'
  try {
    const rounds = batchRounds(records)
    await steps.addPartitions(rounds[0] ?? [])
    step = 'produce'
    const committed: CommittedOffset[] = []
    for (const [index, round] of rounds.entries()) {
      const offsets = await steps.produce(round)
      if (index === 0) committed.push(...offsets)
    }
    step = 'end transaction'
    await steps.end()
    return committed
  } catch (error) {
    throw transactionLost(transactionalId, step, error)
  }
}

export function transactionLost(transactionalId: string, step: string, cause: unknown): FleetError {
  if (cause instanceof FleetError && cause.code === 'TRANSACTION_LOST') return cause
  const refused = refusal(cause)
  if (refused !== null) return refused
  const message = `Transaction of ${transactionalId} lost at ${step}: ${messageOf(cause)}`
  return new FleetError('TRANSACTION_LOST', 'transient', message, { cause })
}

/** Repeats a request while it is refused as "later"; every other error passes. */
export async function untilReady<T>(
  clock: Clock,
  request: () => Promise<T>,
  isLater: (error: unknown) => boolean,
): Promise<T> {
  const deadline = clock.elapsedMs() + patienceMs
  let waitMs = retryMsMin
  for (;;) {
    try {
      return await request()
    } catch (error) {
      if (!isLater(error) || clock.elapsedMs() > deadline) throw error
      await clock.sleep(waitMs)
      waitMs = Math.min(waitMs * 2, retryMsMax)
    }
  }
}
