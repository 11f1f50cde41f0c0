// Canonical JSON text by RFC 8785: the same value gives the same text, whatever the sender's spacing
// and key order. Fingerprints and attribute values depend on it, so it must never change.

/**
 * `value` is something a JSON parser returned. Keys are sorted by UTF-16 code units and numbers
 * written as ECMAScript writes them. Where RFC 8785 asks for an error nothing is thrown: a lone
 * surrogate keeps its escape, a number beyond the range of a double becomes null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) {
    let text = '['
    for (let i = 0; i < value.length; i++) {
      if (i > 0) text += ','
      text += canonicalJson(value[i])
    }
    return `${text}]`
  }
  const members = value as Record<string, unknown>
  let text = '{'
  // Without a comparison function, sort() orders by UTF-16 code units, which is what RFC 8785 asks for.
  // oxlint-disable-next-line typescript/require-array-sort-compare, unicorn/no-array-sort
  for (const name of Object.keys(members).sort()) {
    const member = members[name]
    if (member === undefined) continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(name)}:${canonicalJson(member)}`
  }
  return `${text}}`
}
