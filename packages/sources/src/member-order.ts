// The canonical order of an object's members. Bodies of one source have the same few shapes, so the
// order of a list of names is worked out once and kept under a rough mark of the list; the names are
// compared before it is believed. What is kept is bounded, because senders choose the names; it must
// never decide what the order is.

export interface NamedMember {
  readonly name: string
  /** Position among the own members. */
  readonly place: number
  /** The name as JSON text, with the colon. */
  readonly label: string
}

interface Known {
  readonly names: readonly string[]
  readonly order: readonly NamedMember[]
}

/** Objects with more members, or a longer name, are sorted each time. */
const namesMax = 48
const nameCharactersMax = 64
/** Lists kept at most, 48 names of 64 characters each; a power of two. */
const knownMax = 512

const known = Array.from<Known | undefined>({ length: knownMax })

/** The members of these names, `Object.keys` of an object, by the UTF-16 code units of the names. */
export function membersInOrder(names: readonly string[]): readonly NamedMember[] {
  const mark = markOf(names)
  const found = known[mark]
  if (found !== undefined && isSame(found.names, names)) return found.order
  const order = sorted(names)
  if (names.length <= namesMax && names.every(name => name.length <= nameCharactersMax)) {
    known[mark] = { names, order }
  }
  return order
}

/** By number and lengths, and the ends of the first and the last name. */
function markOf(names: readonly string[]): number {
  let mark = names.length
  for (let i = 0; i < names.length; i++) mark = (mark * 31 + (names[i]?.length ?? 0)) | 0
  const first = names[0] ?? ''
  const last = names.at(-1) ?? ''
  mark = (mark * 31 + first.charCodeAt(0)) | 0
  mark = (mark * 31 + last.charCodeAt(last.length - 1)) | 0
  return (mark ^ (mark >>> 9)) & (knownMax - 1)
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) return false
  }
  return true
}

function sorted(names: readonly string[]): NamedMember[] {
  const places = new Map(names.map((name, place) => [name, place]))
  // Without a comparison function, sorting is by UTF-16 code units, which is what RFC 8785 asks for.
  // oxlint-disable-next-line typescript/require-array-sort-compare
  const inOrder = names.toSorted()
  return inOrder.map(name => ({
    name,
    place: places.get(name) ?? 0,
    label: `${JSON.stringify(name)}:`,
  }))
}
