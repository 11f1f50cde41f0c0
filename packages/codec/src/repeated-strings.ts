// Texts that come again and again in one field, such as the tenant or the kind of an event, are made
// once: comparing some bytes is cheaper than a call into the engine and a new string for the collector.
// What is kept is bounded, because senders choose the texts.

import { readString } from './tap.ts'
import type { Tap } from './tap.ts'

/** Longer texts are made each time. */
const bytesMax = 40
/** Texts kept at most for one field; a power of two. */
const keptMax = 32
/** One of so many unknown texts is kept: a field whose texts never repeat costs next to nothing. */
const keptEvery = 16

const noBytes = new Uint8Array(0)

export class RepeatedStrings {
  readonly #bytes: Uint8Array[] = Array.from({ length: keptMax }, () => noBytes)
  readonly #texts: string[] = Array.from({ length: keptMax }, () => '')
  #unknown = 0

  /** The text at the cursor, which moves behind it. */
  read(tap: Tap): string {
    const { buf } = tap
    const first = buf[tap.pos] as number
    const length = first >> 1
    const start = tap.pos + 1
    const end = start + length
    // A short length is one byte, even because it is not negative.
    if ((first & 0x81) !== 0 || length === 0 || length > bytesMax || end > buf.length) {
      return readString(tap)
    }
    tap.pos = end
    const slot =
      (length + (buf[start] as number) * 3 + (buf[end - 1] as number) * 5) & (keptMax - 1)
    const kept = this.#bytes[slot] as Uint8Array
    if (kept.length === length && isAt(buf, start, kept)) return this.#texts[slot] as string
    const text = buf.utf8Slice(start, end)
    if (++this.#unknown % keptEvery === 0) {
      this.#bytes[slot] = new Uint8Array(buf.subarray(start, end))
      this.#texts[slot] = text
    }
    return text
  }
}

function isAt(buf: Uint8Array, start: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (buf[start + i] !== bytes[i]) return false
  return true
}
