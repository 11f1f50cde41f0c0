// How deep a parsed body is nested. What is written down again later is read and written by functions that
// call themselves for each level, so a few kilobytes of brackets would exhaust the stack.

const depthMax = 64

/** Itself without recursion. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= depthMax; depth++) {
    level = level.flatMap(inner =>
      typeof inner === 'object' && inner !== null ? Object.values(inner) : [],
    )
    if (level.length === 0) return false
  }
  return true
}
