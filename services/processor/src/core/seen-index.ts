// Finds the address of an id: open addressing with linear probing over one Int32Array, no object
// per id. Deletion shifts back what follows, so that no tombstones pile up. Addresses mean nothing
// here.

/** Above this share of used slots, probing gets long; the index then grows. */
const loadMax = 0.85
/** Small steps: right after growing, a slot costs at most 4 * 1.25 / 0.85 = 5.9 bytes an id. */
const growth = 1.25
const slotsAtStart = 1024

/** What the index must ask about an address. The first word of an id, being a hash, is its home. */
export interface Addressed {
  firstWordAt(address: number): number
}

export class SeenIndex {
  readonly #ids: Addressed
  /** 0 is free; else an address plus 1. */
  #slots = new Int32Array(slotsAtStart)
  #used = 0

  constructor(ids: Addressed) {
    this.#ids = ids
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The address that `matches`, among those whose first word may be `firstWord`; -1 for none. */
  find(firstWord: number, matches: (address: number) => boolean): number {
    const slot = this.#slotOf(firstWord, matches)
    return this.#stored(slot) - 1
  }

  /** The caller knows that no entry of the same id is in. */
  insert(firstWord: number, address: number): void {
    if (this.#used + 1 > this.#slots.length * loadMax) this.#grow()
    this.#put(firstWord, address)
    this.#used++
  }

  /** Puts another address of the same id in the place of `from`. */
  replace(firstWord: number, from: number, to: number): void {
    this.#slots[this.#slotOf(firstWord, address => address === from)] = to + 1
  }

  /** False when the address is not in: another one took its place. */
  delete(firstWord: number, address: number): boolean {
    let hole = this.#slotOf(firstWord, candidate => candidate === address)
    if (this.#stored(hole) === 0) return false
    for (let slot = this.#next(hole); this.#stored(slot) !== 0; slot = this.#next(slot)) {
      const home = this.#homeOf(this.#ids.firstWordAt(this.#stored(slot) - 1))
      // It may move into the hole unless its home lies behind the hole, seen from the hole to it.
      if (this.#distance(home, slot) < this.#distance(hole, slot)) continue
      this.#slots[hole] = this.#stored(slot)
      hole = slot
    }
    this.#slots[hole] = 0
    this.#used--
    return true
  }

  /** The slot that matches, or the free one where the search ends. */
  #slotOf(firstWord: number, matches: (address: number) => boolean): number {
    let slot = this.#homeOf(firstWord)
    for (;;) {
      const stored = this.#stored(slot)
      if (stored === 0 || matches(stored - 1)) return slot
      slot = this.#next(slot)
    }
  }

  #put(firstWord: number, address: number): void {
    let slot = this.#homeOf(firstWord)
    while (this.#stored(slot) !== 0) slot = this.#next(slot)
    this.#slots[slot] = address + 1
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(Math.ceil(old.length * growth))
    for (const stored of old) {
      if (stored !== 0) this.#put(this.#ids.firstWordAt(stored - 1), stored - 1)
    }
  }

  /** Spreads 32 bits over any number of slots, so that the size need not be a power of two. */
  #homeOf(firstWord: number): number {
    return Math.floor((firstWord / 0x1_0000_0000) * this.#slots.length)
  }

  #next(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1
  }

  /** Steps forward from one slot to another. */
  #distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#slots.length
  }

  #stored(slot: number): number {
    return this.#slots[slot] ?? 0
  }
}
