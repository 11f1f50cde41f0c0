/**
 * Puts the entries of a map in the order of their days, those of one day as they stand. For a state that
 * forgets from the front: a restart brings the newest value of each key, but in the order of the keys'
 * first ones, and what stands behind a younger entry would be kept too long.
 */
export function orderByDay<Value>(map: Map<string, Value>, dayOf: (value: Value) => number): void {
  if (isOrdered(map, dayOf)) return
  const entries = [...map].map(entry => ({ entry, day: dayOf(entry[1]) }))
  entries.sort((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : 0))
  map.clear()
  for (const { entry } of entries) map.set(entry[0], entry[1])
}

function isOrdered<Value>(map: Map<string, Value>, dayOf: (value: Value) => number): boolean {
  let newest = -Infinity
  for (const value of map.values()) {
    const day = dayOf(value)
    if (day < newest) return false
    newest = day
  }
  return true
}
