// A set of offsets of one partition, a bit each: some million of them take less than a megabyte.

export class OffsetSet {
  readonly #from: number
  readonly #bits: Uint8Array

  /** For offsets with `from` <= offset < `to`. */
  constructor(from: number, to: number) {
    this.#from = from
    this.#bits = new Uint8Array(Math.ceil(Math.max(0, to - from) / 8))
  }

  add(offset: number): void {
    const at = offset - this.#from
    const byte = this.#bits[at >> 3]
    if (at >= 0 && byte !== undefined) this.#bits[at >> 3] = byte | (1 << (at & 7))
  }

  has(offset: number): boolean {
    const at = offset - this.#from
    return at >= 0 && ((this.#bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0
  }
}
