// CRC-32C (Castagnoli), the checksum of record batches. Sixteen bytes a step ("slicing-by-16"), four
// times as fast as a table per byte: every byte read and written passes here once.

const polynomial = 0x82f6_3b78
const slices = 16

/** `table[256 * n + byte]` is the checksum of the byte followed by n zero bytes. */
const table = makeTable()

function makeTable(): Int32Array {
  const made = new Int32Array(256 * slices)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let index = 256; index < made.length; index++) {
    const shorter = entry(made, index - 256)
    made[index] = (shorter >>> 8) ^ entry(made, shorter & 0xff)
  }
  return made
}

/** An entry inside the bounds, which types can't see. For one type of array, or it is slow. */
function entry(from: Int32Array, index: number): number {
  return from[index] as number
}

/** The checksum of `bytes` from `start` up to `end`, as an unsigned number. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const t = table
  let crc = -1
  let at = start
  for (const last = end - slices; at <= last; at += slices) {
    const a = view.getInt32(at, true) ^ crc
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    crc =
      entry(t, 0xf00 + (a & 0xff)) ^
      entry(t, 0xe00 + ((a >>> 8) & 0xff)) ^
      entry(t, 0xd00 + ((a >>> 16) & 0xff)) ^
      entry(t, 0xc00 + (a >>> 24)) ^
      entry(t, 0xb00 + (b & 0xff)) ^
      entry(t, 0xa00 + ((b >>> 8) & 0xff)) ^
      entry(t, 0x900 + ((b >>> 16) & 0xff)) ^
      entry(t, 0x800 + (b >>> 24)) ^
      entry(t, 0x700 + (c & 0xff)) ^
      entry(t, 0x600 + ((c >>> 8) & 0xff)) ^
      entry(t, 0x500 + ((c >>> 16) & 0xff)) ^
      entry(t, 0x400 + (c >>> 24)) ^
      entry(t, 0x300 + (d & 0xff)) ^
      entry(t, 0x200 + ((d >>> 8) & 0xff)) ^
      entry(t, 0x100 + ((d >>> 16) & 0xff)) ^
      entry(t, d >>> 24)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(t, (crc ^ view.getUint8(at)) & 0xff)
  return ~crc >>> 0
}
