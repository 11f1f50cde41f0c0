// The limits of addresses and of endpoints as this process counts them. Several processes do not know of
// each other here: each lets the whole rate pass (see shared-limits.ts).

import type { Limit } from '../core/accept.ts'
import { BucketTable } from '../core/token-bucket.ts'
import type { Taken } from '../core/token-bucket.ts'

export interface LimitedCall {
  readonly limit: Limit
  /** An address or an endpoint id. */
  readonly key: string
  readonly perSecond: number
  /** Elapsed time. */
  readonly nowMs: number
}

export interface RateLimits {
  /** Never rejects. */
  take(call: LimitedCall): Taken | Promise<Taken>
  close(): void
}

/** Addresses remembered for their limit, about 100 bytes each. */
const addressesMax = 50_000
/** Endpoints come from a file of ours; this only bounds the table. */
const endpointsMax = 100_000

export class LocalLimits implements RateLimits {
  readonly #tables: Record<Limit, BucketTable> = {
    address: new BucketTable(addressesMax),
    endpoint: new BucketTable(endpointsMax),
  }

  take({ limit, key, perSecond, nowMs }: LimitedCall): Taken {
    return this.#tables[limit].take(key, perSecond, nowMs)
  }

  close(): void {}
}
