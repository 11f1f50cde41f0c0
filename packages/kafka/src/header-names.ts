// Header names as strings without making one for each record: a topic's records repeat a few names.
// A table of fixed size, so that a sender who invents names costs time and no memory.

interface Known {
  bytes: Buffer
  name: string
}

const slots = 256
const knownBytesMax = 64
const table: (Known | undefined)[] = Array.from({ length: slots })

/** The name that stands in `bytes` from `start` up to `end`. */
export function headerName(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  const first = bytes[start] ?? 0
  const middle = bytes[start + (length >> 1)] ?? 0
  const last = bytes[end - 1] ?? 0
  const slot = (length * 31 + first * 7 + middle * 13 + last) & (slots - 1)
  const known = table[slot]
  if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.name
  const name = bytes.toString('utf8', start, end)
  if (length <= knownBytesMax) {
    // A copy: a slice would hold the whole answer it was cut from.
    table[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), name }
  }
  return name
}

function isSame(known: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false
  for (let index = 0; index < length; index++) {
    if (known[index] !== bytes[start + index]) return false
  }
  return true
}
