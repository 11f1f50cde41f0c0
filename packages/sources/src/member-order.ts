// The canonical order of an object's members. Bodies of one source have the same few shapes, so the
// order of a list of names is worked out once: a tree of names leads from the list to its order. The
// tree is bounded, because senders choose the names; it must never decide what the order is.

export interface NamedMember {
  readonly name: string
  /** The name as JSON text, with the colon. */
  readonly label: string
}

interface Place {
  readonly next: Map<string, Place>
  /** Of the names on the way here; worked out when an object ends here. */
  order: readonly NamedMember[] | null
}

/** Objects with more members, or a longer name, are sorted each time. */
const namesMax = 48
const nameCharactersMax = 64
const placesMax = 4096

let root = emptyPlace()
let places = 0

/** The own members of an object by the UTF-16 code units of their names. */
export function membersInOrder(members: object): readonly NamedMember[] {
  const names = Object.keys(members)
  if (names.length > namesMax) return sorted(names)
  let place = root
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? ''
    const next = place.next.get(name) ?? addPlace(place, name)
    if (next === null) return sorted(names)
    place = next
  }
  place.order ??= sorted(names)
  return place.order
}

/** Null: the name is too long to keep. A full tree starts again from nothing. */
function addPlace(place: Place, name: string): Place | null {
  if (name.length > nameCharactersMax) return null
  if (places === placesMax) {
    root = emptyPlace()
    places = 0
    return null
  }
  const added = emptyPlace()
  place.next.set(name, added)
  places++
  return added
}

function emptyPlace(): Place {
  return { next: new Map(), order: null }
}

function sorted(names: readonly string[]): NamedMember[] {
  // Without a comparison function, sorting is by UTF-16 code units, which is what RFC 8785 asks for.
  // oxlint-disable-next-line typescript/require-array-sort-compare
  return names.toSorted().map(name => ({ name, label: `${JSON.stringify(name)}:` }))
}
