// Timers in the order they fall due: by time, then by key, so that every run fires them alike. A binary
// heap that keeps entries which are no longer true until their time; who asks says which are.

export interface TimerEntry {
  /** Microseconds. */
  readonly at: number
  readonly key: string
}

export class TimerQueue {
  readonly #heap: TimerEntry[] = []

  get size(): number {
    return this.#heap.length
  }

  add(entry: TimerEntry): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(entry, above)) break
      heap[index] = above
      heap[parent] = entry
      index = parent
    }
  }

  /** Those that are due and still true, at most so many; they stay in, what is not true goes. */
  due(at: number, countMax: number, isTrue: (entry: TimerEntry) => boolean): TimerEntry[] {
    const found: TimerEntry[] = []
    while (found.length < countMax) {
      const first = this.#heap[0]
      if (first === undefined || first.at > at) break
      this.#removeFirst()
      const last = found.at(-1)
      const isRepeated = last?.key === first.key && last.at === first.at
      if (!isRepeated && isTrue(first)) found.push(first)
    }
    for (const entry of found) this.add(entry)
    return found
  }

  #removeFirst(): void {
    const heap = this.#heap
    const moved = heap.pop()
    if (moved === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      let least = left
      const [leftEntry, rightEntry] = [heap[left], heap[right]]
      if (leftEntry === undefined) break
      if (rightEntry !== undefined && isBefore(rightEntry, leftEntry)) least = right
      const child = heap[least]
      if (child === undefined || !isBefore(child, moved)) break
      heap[index] = child
      index = least
    }
    heap[index] = moved
  }
}

function isBefore(a: TimerEntry, b: TimerEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.key < b.key)
}
