// What replaying one letter would write, or why it would be no use.

import type { OutRecord } from '@fleet/kafka'

export type Prepared =
  | { readonly ok: true; readonly records: readonly OutRecord[] }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string }

export type RefusalCode =
  /** Another act settled it; asked for again it goes on. */
  | 'ALREADY_REPLAYED'
  | 'DISCARDED'
  /** The letter does not hold the record's bytes, or they can't be read. */
  | 'UNREADABLE'
  /** It did not come through the edge: signing it now would forge it. */
  | 'UNPROVEN'
  /** No provenance key is at hand to sign a new delivery. */
  | 'NO_SIGNING_KEY'
  /** A deciding check of the stage says now that it would fail again. */
  | 'WOULD_FAIL'
  /** The patch makes another event of it. */
  | 'IDENTITY_CHANGED'
  /** The patch does not fit what it is to change. */
  | 'BAD_PATCH'
  | 'TOO_LARGE'

export function refused(code: RefusalCode, message: string): Prepared {
  return { ok: false, code, message }
}

/** Kafka's own framing of a batch, and a margin for it. */
export const batchOverheadBytes = 512
