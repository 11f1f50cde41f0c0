// Resources by the newest time in them, oldest first: a binary heap. A resource that gets newer, as
// they nearly always do, stays where it is until its place is looked at: the heap goes by a bound
// that is never above the true time. Ties go by key, so that a restored queue gives the same order.

/** Whoever owns it lets only the queue change it. */
export interface Expiring {
  readonly key: string
  newestAt: number
  /** What the heap goes by: never after `newestAt`. */
  bound: number
  /** In the heap; `notQueued` outside of it. */
  place: number
}

export const notQueued = -1
const none: string[] = []

export class ExpiryQueue {
  readonly #heap: Expiring[] = []

  set(entry: Expiring, newestAt: number): void {
    entry.newestAt = newestAt
    if (entry.place !== notQueued && newestAt >= entry.bound) return
    entry.bound = newestAt
    if (entry.place === notQueued) this.#add(entry)
    else this.#rise(entry)
  }

  delete(entry: Expiring): void {
    if (entry.place !== notQueued) this.#remove(entry)
  }

  /** Keys whose newest time is before the floor, oldest first, at most `max`. */
  before(floor: number, max: number): string[] {
    const first = this.#heap[0]
    if (first === undefined || first.bound >= floor) return none
    const taken: Expiring[] = []
    while (taken.length < max) {
      const oldest = this.#oldest(floor)
      if (oldest === undefined) break
      this.#remove(oldest)
      taken.push(oldest)
    }
    for (const entry of taken) this.#add(entry)
    return taken.map(({ key }) => key)
  }

  /** The oldest before the floor, its bound being its time. */
  #oldest(floor: number): Expiring | undefined {
    for (;;) {
      const top = this.#heap[0]
      if (top === undefined || top.bound >= floor) return undefined
      if (top.bound === top.newestAt) return top
      top.bound = top.newestAt
      this.#sink(top)
    }
  }

  #add(entry: Expiring): void {
    entry.place = this.#heap.length
    this.#heap.push(entry)
    this.#rise(entry)
  }

  #remove(entry: Expiring): void {
    const last = this.#heap.pop()
    const { place } = entry
    entry.place = notQueued
    if (last === undefined || last === entry) return
    this.#put(last, place)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(entry: Expiring): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]
      if (parent === undefined || !isOlder(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Expiring): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && left !== undefined && isOlder(right, left) ? right : left
      if (child === undefined || !isOlder(child, entry)) return
      this.#swap(entry, child)
    }
  }

  #swap(left: Expiring, right: Expiring): void {
    const place = left.place
    this.#put(left, right.place)
    this.#put(right, place)
  }

  #put(entry: Expiring, place: number): void {
    entry.place = place
    this.#heap[place] = entry
  }
}

function isOlder(left: Expiring, right: Expiring): boolean {
  if (left.bound !== right.bound) return left.bound < right.bound
  return left.key < right.key
}
