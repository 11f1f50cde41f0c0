// One partition of a compacted topic as Kafka's cleaner leaves it, in memory: the newest record of each key,
// deletions for as long as they are kept to be seen, and what it has not come to yet.

import type { Topic } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'

import { declaredConfig } from '../../../packages/cli/src/topics/plan-topics.ts'

/** Kafka's, where the topic declares none. */
const deletionsKeptMsDefault = 86_400_000
/** A map walks past what was deleted of it. */
const writesPerForgetting = 4096
const noHeaders = {}

type Write = readonly [key: string, value: Buffer | null, atMs: number]

export class CompactedLog {
  readonly topic: string
  /** What is written from here on the cleaner has not come to. */
  readonly #cleanedToMs: number
  readonly #deletionsKeptMs: number
  /** In the order of their newest record. */
  readonly #newest = new Map<string, Buffer>()
  /** When each was written. */
  readonly #deleted = new Map<string, number>()
  #uncleaned: Write[] = []
  #writes = 0

  constructor(topic: Topic, cleanedToMs = Infinity) {
    this.topic = topic.name
    this.#cleanedToMs = cleanedToMs
    const declared = declaredConfig(topic)['delete.retention.ms']
    this.#deletionsKeptMs = Number(declared ?? deletionsKeptMsDefault)
  }

  write(key: string, value: Buffer | null, atMs: number): void {
    // A copy: what is written are views of larger buffers.
    const kept = value === null ? null : Buffer.from(value)
    if (atMs >= this.#cleanedToMs) this.#uncleaned.push([key, kept, atMs])
    else this.#compact(key, kept, atMs)
  }

  /** The cleaner comes to all of it. */
  clean(): void {
    for (const [key, value, atMs] of this.#uncleaned) this.#compact(key, value, atMs)
    this.#uncleaned = []
  }

  /** As though their time were over. */
  forgetDeletions(): void {
    this.#deleted.clear()
  }

  #compact(key: string, value: Buffer | null, atMs: number): void {
    // Put anew, so that they stand in log order.
    this.#newest.delete(key)
    this.#deleted.delete(key)
    if (value === null) this.#deleted.set(key, atMs)
    else this.#newest.set(key, value)
    if (++this.#writes % writesPerForgetting === 0) this.#forgetBefore(atMs - this.#deletionsKeptMs)
  }

  #forgetBefore(ms: number): void {
    for (const [key, writtenMs] of this.#deleted) {
      if (writtenMs > ms) break
      this.#deleted.delete(key)
    }
  }

  /** Of the cleaned part. */
  get keys(): { live: number; deleted: number } {
    return { live: this.#newest.size, deleted: this.#deleted.size }
  }

  get length(): number {
    return this.#deleted.size + this.#newest.size + this.#uncleaned.length
  }

  /** Made when their turn comes, as the client does. */
  *records(): Generator<InRecord> {
    let offset = 0
    for (const key of this.#deleted.keys()) yield this.#record(offset++, key, null)
    for (const [key, value] of this.#newest) yield this.#record(offset++, key, value)
    for (const [key, value] of this.#uncleaned) yield this.#record(offset++, key, value)
  }

  #record(offset: number, key: string, value: Buffer | null): InRecord {
    const { topic } = this
    const headers = noHeaders
    return { topic, partition: 0, offset, timestampMs: 0, key: Buffer.from(key), value, headers }
  }

  /** Of keys and values. */
  get bytes(): number {
    let bytes = 0
    for (const { key, value } of this.records()) bytes += (key?.length ?? 0) + (value?.length ?? 0)
    return bytes
  }
}
