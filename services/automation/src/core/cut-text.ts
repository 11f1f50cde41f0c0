// Texts that come from a source have no bound of their own; what a task holds of them has.

export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  // Half of a surrogate pair is no text.
  const last = text.charCodeAt(lengthMax - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? lengthMax - 1 : lengthMax)
}
