// Resources by the newest time in them, oldest first: a binary heap whose entries know their place,
// so that one can be moved or taken out. Ties go by key, so that a restored queue gives the same
// order.

interface Entry {
  readonly key: string
  newestAt: number
  place: number
}

export class ExpiryQueue {
  readonly #entries = new Map<string, Entry>()
  readonly #heap: Entry[] = []

  set(key: string, newestAt: number): void {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { key, newestAt, place: this.#heap.length }
      this.#entries.set(key, entry)
      this.#heap.push(entry)
    }
    entry.newestAt = newestAt
    this.#settle(entry)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    const last = this.#heap.at(-1)
    if (entry === undefined || last === undefined) return
    this.#entries.delete(key)
    this.#heap.pop()
    if (last === entry) return
    this.#put(last, entry.place)
    this.#settle(last)
  }

  /** Keys whose newest time is before the floor, oldest first, at most `max`. */
  before(floor: number, max: number): string[] {
    // Children are never older than their parent, so the next oldest is always below one already
    // taken.
    const frontier = [0]
    const keys: string[] = []
    while (keys.length < max) {
      const oldest = this.#takeOldest(frontier)
      if (oldest === undefined || oldest.newestAt >= floor) break
      keys.push(oldest.key)
      frontier.push(2 * oldest.place + 1, 2 * oldest.place + 2)
    }
    return keys
  }

  #takeOldest(frontier: number[]): Entry | undefined {
    let oldest: Entry | undefined
    for (const place of frontier) {
      const entry = this.#heap[place]
      if (entry === undefined) continue
      if (oldest === undefined || isOlder(entry, oldest)) oldest = entry
    }
    if (oldest !== undefined) frontier.splice(frontier.indexOf(oldest.place), 1)
    return oldest
  }

  #settle(entry: Entry): void {
    this.#rise(entry)
    this.#sink(entry)
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]
      if (parent === undefined || !isOlder(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && left !== undefined && isOlder(right, left) ? right : left
      if (child === undefined || !isOlder(child, entry)) return
      this.#swap(entry, child)
    }
  }

  #swap(left: Entry, right: Entry): void {
    const place = left.place
    this.#put(left, right.place)
    this.#put(right, place)
  }

  #put(entry: Entry, place: number): void {
    entry.place = place
    this.#heap[place] = entry
  }
}

function isOlder(left: Entry, right: Entry): boolean {
  if (left.newestAt !== right.newestAt) return left.newestAt < right.newestAt
  return left.key < right.key
}
