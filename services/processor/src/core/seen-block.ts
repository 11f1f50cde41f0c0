// Remembered ids as bytes, for the changelog:
//
//   block = kind entry*          kind: 1 for a run, as one transaction wrote it; 2 for merged runs
//   entry = id firstSeen fingerprint
//
// id: 16 bytes. firstSeen: milliseconds, unsigned 64 bit. fingerprint: unsigned 32 bit. All
// big-endian.

import type { SeenSegment } from './seen-segment.ts'

export const seenEntryBytes = 28
/** Bytes before the first entry. */
export const blockHeadBytes = 1

const kinds = { run: 1, merged: 2 } as const
export type SeenBlockKind = keyof typeof kinds

/** A block with room for `count` entries. */
export function newSeenBlock(kind: SeenBlockKind, count: number): Uint8Array {
  const bytes = new Uint8Array(blockHeadBytes + count * seenEntryBytes)
  bytes[0] = kinds[kind]
  return bytes
}

/** Null when the bytes are no block. */
export function readSeenBlock(bytes: Uint8Array): { kind: SeenBlockKind; count: number } | null {
  const kind = bytes[0] === kinds.run ? 'run' : bytes[0] === kinds.merged ? 'merged' : null
  const count = (bytes.length - blockHeadBytes) / seenEntryBytes
  return kind === null || !Number.isInteger(count) ? null : { kind, count }
}

export function writeSeenEntry(
  bytes: Uint8Array,
  at: number,
  segment: SeenSegment,
  place: number,
): void {
  for (let n = 0; n < 4; n++) writeWord(bytes, at + 4 * n, segment.idWord(place, n))
  const firstSeenMs = segment.firstSeenMs(place)
  writeWord(bytes, at + 16, Math.floor(firstSeenMs / 0x1_0000_0000))
  writeWord(bytes, at + 20, firstSeenMs % 0x1_0000_0000)
  writeWord(bytes, at + 24, segment.fingerprint(place))
}

/** Puts what stands there into `entry`, which the caller uses again for the next. */
export function readSeenEntry(
  bytes: Uint8Array,
  at: number,
  entry: { id: [number, number, number, number]; firstSeenMs: number; fingerprint: number },
): void {
  entry.id[0] = readWord(bytes, at)
  entry.id[1] = readWord(bytes, at + 4)
  entry.id[2] = readWord(bytes, at + 8)
  entry.id[3] = readWord(bytes, at + 12)
  entry.firstSeenMs = readWord(bytes, at + 16) * 0x1_0000_0000 + readWord(bytes, at + 20)
  entry.fingerprint = readWord(bytes, at + 24)
}

/** By hand: a DataView would be one more object for each. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  )
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}
