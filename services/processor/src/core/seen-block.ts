// Remembered ids as bytes, for the changelog:
//
//   block = kind entry*          kind: 1 for a run, as one transaction wrote it; 2 for merged runs
//   entry = id firstSeen fingerprint
//
// id: 16 bytes. firstSeen: milliseconds, unsigned 64 bit. fingerprint: unsigned 32 bit. All
// big-endian.

import { readSeenId, seenIdBytes } from './seen-id.ts'
import type { SeenEntry } from './seen-segment.ts'

export const seenEntryBytes = 28

const kinds = { run: 1, merged: 2 } as const
export type SeenBlockKind = keyof typeof kinds

export interface SeenBlock {
  readonly kind: SeenBlockKind
  readonly entries: readonly SeenEntry[]
}

export function encodeSeenBlock({ kind, entries }: SeenBlock): Uint8Array {
  const bytes = new Uint8Array(1 + entries.length * seenEntryBytes)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, kinds[kind])
  entries.forEach((entry, position) => {
    const at = 1 + position * seenEntryBytes
    entry.id.forEach((word, n) => view.setUint32(at + 4 * n, word))
    view.setBigUint64(at + seenIdBytes, BigInt(entry.firstSeenMs))
    view.setUint32(at + seenIdBytes + 8, entry.fingerprint)
  })
  return bytes
}

/** Null when the bytes are no block. */
export function decodeSeenBlock(bytes: Uint8Array): SeenBlock | null {
  const kind = bytes[0] === kinds.run ? 'run' : bytes[0] === kinds.merged ? 'merged' : null
  if (kind === null || (bytes.length - 1) % seenEntryBytes !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: SeenEntry[] = []
  for (let at = 1; at < bytes.length; at += seenEntryBytes) {
    entries.push({
      id: readSeenId(bytes, at),
      firstSeenMs: Number(view.getBigUint64(at + seenIdBytes)),
      fingerprint: view.getUint32(at + seenIdBytes + 8),
    })
  }
  return { kind, entries }
}
