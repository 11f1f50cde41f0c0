// Texts to bytes, one behind the other in pieces of memory: to a buffer of its own the engine counts a
// text before it writes it, which takes as long.

/** Rows stay no longer than a transaction, so that what one of them keeps is soon free again. */
const slabBytes = 64 * 1024
/** A character that takes one place in a string takes at most this in UTF-8. */
const utf8BytesMax = 3

let slab = Buffer.allocUnsafeSlow(slabBytes)
let slabAt = 0

/**
 * The UTF-8 form of these texts as one; none ends within a character. Joined to a text they would be
 * copied once more. Whoever keeps it for long copies it.
 */
export function bytesOfTexts(texts: readonly string[]): Buffer {
  let characters = 0
  for (const text of texts) characters += text.length
  const most = characters * utf8BytesMax
  if (most > slabBytes / 4) return Buffer.from(texts.join(''))
  if (slabAt + most > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    slabAt = 0
  }
  const start = slabAt
  for (const text of texts) slabAt += slab.write(text, slabAt)
  return slab.subarray(start, slabAt)
}
