// What becomes of one partition's part of a fetch answer: its committed records go to their stream, or
// the partition is left out until somebody has looked at it again, or its stream fails. No I/O.

import { FleetError } from '@fleet/runtime'

import { committedRecords } from './committed-records.ts'
import type { FetchTarget } from './fetch-plan.ts'
import type { FetchedPartition } from './fetch-response.ts'
import { missingRight } from './refusals.ts'
import { decodeBatches } from './record-batch.ts'
import type { RecordBatch } from './record-batch.ts'
import { outOfRange } from './stream-buffer.ts'

const offsetOutOfRangeCode = 1
const topicAuthorizationCode = 29
/** A batch damaged on its way is whole the next time; one damaged on the broker's disk is not. */
const damagedFetchesMax = 3

/** False when the partition is to be fetched again after a pause; its position has not moved then. */
export function takeFetched(fetched: FetchedPartition, target: FetchTarget): boolean {
  if (fetched.errorCode === 0) return takeRecords(fetched, target)
  if (fetched.errorCode === topicAuthorizationCode) {
    const { stream, buffer } = target
    stream.fail(buffer, missingRight('TOPIC_AUTHORIZATION_FAILED', `read ${fetched.topic}`))
    return true
  }
  if (fetched.errorCode !== offsetOutOfRangeCode) return false
  outOfLog(fetched, target)
  return true
}

function takeRecords(fetched: FetchedPartition, { stream, buffer }: FetchTarget): boolean {
  buffer.lastStable = fetched.lastStableOffset
  if (fetched.records.length === 0) return true
  let batches: RecordBatch[]
  try {
    batches = decodeBatches(fetched.records, fetched.topic, fetched.partition)
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'CORRUPT_BATCH') throw error
    buffer.damagedFetches++
    if (buffer.damagedFetches < damagedFetchesMax) return false
    stream.fail(buffer, error)
    return true
  }
  buffer.damagedFetches = 0
  const slice = committedRecords(batches, fetched.aborted, buffer.fetchOffset)
  stream.push(buffer, slice.records, slice.nextOffset, fetched.records.length)
  return true
}

/**
 * A stream that begins with the start of the log has missed nothing when retention moves that start
 * before its first fetch: it looks again. Any other position outside the log is lost records.
 */
function outOfLog(fetched: FetchedPartition, { stream, buffer }: FetchTarget): void {
  if (buffer.fromStart && buffer.lastStable < 0) buffer.fetchOffset = -1
  else stream.fail(buffer, outOfRange(buffer, fetched.logStartOffset))
}
