// Cuts the records of one partition into script calls of bounded size. It must keep their order and
// leave none out: the position after a call says that everything before it is in the view.

import { viewEntryKey } from '@fleet/contracts'

export interface ViewRecord {
  key: string
  /** The decoded ResourceState; null when the resource was dropped. */
  value: unknown
  offset: number
}

interface ViewEntry {
  key: string
  offset: number
  /** JSON text; empty for a delete marker. */
  value: string
}

interface ViewBatch {
  entries: ViewEntry[]
  /** Where reading goes on once this batch is in the view. */
  nextOffset: number
}

/** Redis runs one script at a time: these bound how long one call may hold up readers. */
const batchLimits = { entriesMax: 200, charactersMax: 512 * 1024 }

export function viewBatches(
  records: readonly ViewRecord[],
  nextOffset: number,
  limits: { entriesMax: number; charactersMax: number } = batchLimits,
): ViewBatch[] {
  const batches: ViewBatch[] = []
  let entries: ViewEntry[] = []
  let characters = 0
  for (const { key, value, offset } of records) {
    const text = value === null ? '' : JSON.stringify(value)
    const isFull = entries.length === limits.entriesMax
    if (entries.length > 0 && (isFull || characters + text.length > limits.charactersMax)) {
      batches.push({ entries, nextOffset: offset })
      entries = []
      characters = 0
    }
    entries.push({ key: viewEntryKey(key), offset, value: text })
    characters += text.length
  }
  batches.push({ entries, nextOffset })
  return batches
}
