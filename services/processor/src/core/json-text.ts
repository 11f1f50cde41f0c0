// JSON's form of a text. Nearly all texts are plain, and looking is cheaper than the general way.

/** What JSON takes as it is. */
const plain = /^[ !#-[\]-~]*$/

export function jsonText(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}
