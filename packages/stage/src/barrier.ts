// The barrier: a committed record in the changelog that marks how far to restore. It comes through only for
// whoever still owns the partition.

import type { TransactionalWriter, TopicPartition } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Ids } from '@fleet/runtime'

import { barrierKey } from './progress.ts'

/** Returns its offset. @throws FleetError TRANSACTION_LOST (transient): fenced, or not known. */
export async function putBarrier(
  writer: TransactionalWriter,
  changelog: TopicPartition,
  ids: Ids,
): Promise<number> {
  const value = Buffer.from(ids.uuid())
  const [committed] = await writer.commit([{ ...changelog, key: barrierKey, value }])
  if (committed === undefined) throw new FleetError('TRANSACTION_LOST', 'transient', 'no barrier')
  return committed.baseOffset
}
