// Canonical JSON text by RFC 8785: the same value gives the same text, whatever the sender's spacing
// and key order. Fingerprints and attribute values depend on it, so it must never change.

/**
 * `value` is something a JSON parser returned. Keys are sorted by UTF-16 code units and numbers
 * written as ECMAScript writes them. Where RFC 8785 asks for an error nothing is thrown: a lone
 * surrogate keeps its escape, a number beyond the range of a double becomes null.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
