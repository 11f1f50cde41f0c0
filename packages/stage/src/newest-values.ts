// The newest value of each key of a log that is being read. Values are copied into blocks outside the
// heap, over the older value of their key: a log that nobody compacted has many for one that counts, and
// as texts of their own they cost the collector more than reading them did. A view of the fetch they
// came in would keep all of it.

/** Also what is kept too long by the last of its values. */
const blockBytes = 1024 * 1024
/** Larger values have a buffer of their own. */
const sharedBytesMax = 32 * 1024
const roomMin = 64

interface Slot {
  block: Buffer
  at: number
  length: number
  /** What fits at its place. */
  room: number
}

export class NewestValues {
  readonly #slots = new Map<string, Slot>()
  /** Places that nobody has any more, by their room. */
  readonly #vacant = new Map<number, Slot[]>()
  #block = Buffer.alloc(0)
  #used = 0
  /** Shared blocks made so far. */
  blocks = 0

  put(key: string, value: Buffer): void {
    const known = this.#slots.get(key)
    if (known === undefined) this.#slots.set(key, this.#place(value))
    else if (value.length <= known.room) write(known, value)
    else {
      this.#vacate(known)
      // A new slot in the old one's place, so that keys keep their order.
      this.#slots.set(key, this.#place(value))
    }
  }

  delete(key: string): void {
    const known = this.#slots.get(key)
    if (known === undefined) return
    this.#vacate(known)
    this.#slots.delete(key)
  }

  /** In the order of the keys' first values. Lets go of what was given out; nothing is put any more. */
  *drain(): Generator<readonly [key: string, value: Buffer]> {
    for (const [key, { block, at, length }] of this.#slots) {
      this.#slots.delete(key)
      yield [key, block.subarray(at, at + length)]
    }
  }

  #place(value: Buffer): Slot {
    const { length } = value
    if (length > sharedBytesMax) return { block: Buffer.from(value), at: 0, length, room: length }
    const room = roomFor(length)
    const slot = this.#vacant.get(room)?.pop() ?? this.#newSlot(room)
    write(slot, value)
    return slot
  }

  #newSlot(room: number): Slot {
    if (this.#used + room > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(blockBytes)
      this.blocks++
      this.#used = 0
    }
    const at = this.#used
    this.#used += room
    return { block: this.#block, at, length: 0, room }
  }

  #vacate(slot: Slot): void {
    if (slot.room > sharedBytesMax) return
    const vacant = this.#vacant.get(slot.room)
    if (vacant === undefined) this.#vacant.set(slot.room, [slot])
    else vacant.push(slot)
  }
}

/** With a little more than asked for: the next value of a key is about as long. Few different rooms. */
function roomFor(length: number): number {
  const wanted = Math.max(roomMin, length + (length >> 4))
  // Eight steps between a power of two and the next.
  const step = Math.max(1, (2 ** (31 - Math.clz32(wanted))) >> 3)
  return Math.ceil(wanted / step) * step
}

function write(slot: Slot, value: Buffer): void {
  slot.block.set(value, slot.at)
  slot.length = value.length
}
