// The most events within one window of time. Each end of the window passes over the events once: a tenant
// with very many of them costs as many steps as it has events, and not their square.

/** Of `count` times in ascending order, by position: from the first to before the last. */
export interface Span {
  from: number
  to: number
}

/** The most within `(t − width, t]`, whenever t was; of equal ones the newest. */
export function densestWindow(
  count: number,
  timeAt: (position: number) => number,
  width: number,
): Span {
  let best: Span = { from: 0, to: 0 }
  let from = 0
  for (let last = 0; last < count; last++) {
    const start = timeAt(last) - width
    // At the latest the window holds its own newest.
    while (timeAt(from) <= start) from++
    if (last + 1 - from >= best.to - best.from) best = { from, to: last + 1 }
  }
  return best
}
