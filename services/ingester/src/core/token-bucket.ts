// Rate limits. A bucket fills at `perSecond` and holds twice that, so a sender may catch up after a pause
// but not go beyond the rate for long. Time is a parameter, in milliseconds that never go back.

export interface Bucket {
  readonly tokens: number
  readonly atMs: number
}

export type Taken =
  { readonly allowed: true } | { readonly allowed: false; readonly retryAfterSeconds: number }

const burstSeconds = 2

/** Takes one token; a bucket not seen before is full. */
export function take(
  bucket: Bucket | undefined,
  perSecond: number,
  nowMs: number,
): { readonly bucket: Bucket; readonly taken: Taken } {
  const full = perSecond * burstSeconds
  const gained = bucket === undefined ? full : ((nowMs - bucket.atMs) / 1000) * perSecond
  const tokens = Math.min(full, (bucket?.tokens ?? 0) + gained)
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, taken: { allowed: true } }
  const retryAfterSeconds = Math.max(1, Math.ceil((1 - tokens) / perSecond))
  return { bucket: { tokens, atMs: nowMs }, taken: { allowed: false, retryAfterSeconds } }
}

/** Buckets by key. When there are too many, the one unused for longest goes, and starts full again. */
export class BucketTable {
  readonly #buckets = new Map<string, Bucket>()
  readonly #bucketsMax: number

  constructor(bucketsMax: number) {
    this.#bucketsMax = bucketsMax
  }

  take(key: string, perSecond: number, nowMs: number): Taken {
    const { bucket, taken } = take(this.#buckets.get(key), perSecond, nowMs)
    // A map keeps the order of insertion: taken out and put back is what makes the first the oldest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#bucketsMax) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return taken
  }

  get size(): number {
    return this.#buckets.size
  }
}
