// Refuses a raw record by its bytes alone, before anything in it is believed: it must carry the
// edge's MAC and lie on the partition of its key.

import { headerNames, partitionOf } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import type { ProvenanceKeyRing, ProvenanceVerdict } from '@fleet/signatures'
import type { Refusal } from '@fleet/stage'

export type ProvenanceVerifier = Pick<ProvenanceKeyRing, 'verify'>

const noBytes = Buffer.alloc(0)

const messages: Readonly<Record<Exclude<ProvenanceVerdict, 'ok'>, string>> = {
  PROVENANCE_MISSING: `no ${headerNames.mac} or ${headerNames.macKeyId} header`,
  PROVENANCE_KEY_UNKNOWN: 'made with a provenance key that is not known, or not for that time',
  PROVENANCE_INVALID: 'the provenance MAC does not match key and value',
}

export function admit(
  record: InRecord,
  partitionCount: number,
  keyRing: ProvenanceVerifier,
): Refusal | null {
  const key = record.key ?? noBytes
  const verdict = keyRing.verify(
    provenanceKeyId(record),
    record.headers[headerNames.mac],
    key,
    record.value ?? noBytes,
    record.timestampMs,
  )
  if (verdict !== 'ok') return { code: verdict, message: messages[verdict] }
  const expected = partitionOf(key, partitionCount)
  if (expected === record.partition) return null
  const message = `the key belongs on partition ${expected} of ${partitionCount}`
  return { code: 'WRONG_PARTITION', message }
}

export function provenanceKeyId(record: InRecord): string | undefined {
  const bytes = record.headers[headerNames.macKeyId]
  if (bytes === undefined) return undefined
  if (!isSame(bytes, lastKeyId.bytes)) {
    // A copy, because the header is a view of a whole fetch.
    lastKeyId = { bytes: Buffer.from(bytes), text: bytes.toString('utf8') }
  }
  return lastKeyId.text
}

/** One key signs for weeks. */
let lastKeyId = { bytes: noBytes, text: '' }

function isSame(left: Buffer, right: Buffer): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) return false
  }
  return true
}
