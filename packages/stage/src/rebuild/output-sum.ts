// What a stage wrote against what it decides again, without keeping either: how many records, and the sum of
// their hashes, whatever their order. When they were processed does not count.

import { allTopics } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'

interface Output {
  readonly topic: string
  readonly key: string | Buffer | null
  readonly value: Buffer | null
}

const modulus = 2n ** 64n
/** Hexadecimal digits of a hash that count. */
const digits = 16

export class OutputSum {
  readonly #codec: Codec
  readonly #sha256Hex: (text: string) => string
  #sum = 0n
  #count = 0

  constructor(codec: Codec, sha256Hex: (text: string) => string) {
    this.#codec = codec
    this.#sha256Hex = sha256Hex
  }

  get count(): number {
    return this.#count
  }

  add(output: Output): void {
    this.#count++
    const text = `${output.topic}\n${String(output.key)}\n${this.#textOf(output)}`
    this.#sum = (this.#sum + BigInt(`0x${this.#sha256Hex(text).slice(0, digits)}`)) % modulus
  }

  equals(other: OutputSum): boolean {
    return this.#count === other.#count && this.#sum === other.#sum
  }

  #textOf({ topic: name, value }: Output): string {
    const topic = allTopics.find(each => each.name === name)
    if (value === null || topic === undefined) return ''
    return JSON.stringify(this.#codec.decode(topic, value), (member, each: unknown) =>
      member === 'processed_at' ? undefined : each,
    )
  }
}
