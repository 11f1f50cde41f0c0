// Versions of the mapper that can run side by side. The processor runs the present one; the next one
// stands here while it is compared in shadow (`fleet mapper shadow`), and a version that another one
// replaced is taken out with the release after.

import type { RawDelivery } from '@fleet/contracts'
import type { Endpoint } from './endpoint.ts'
import { mapperVersion, normalize } from './normalize.ts'
import type { Normalization } from './normalize.ts'
import type { NormalizingPlatform } from './platform.ts'

export interface Mapper {
  readonly version: string
  /** Total and pure: the same record and endpoint always give the same. */
  normalize(
    raw: RawDelivery,
    endpoint: Endpoint | undefined,
    platform: NormalizingPlatform,
  ): Normalization
}

export const presentMapper: Mapper = { version: mapperVersion, normalize }

/** By version. */
export const mappers: ReadonlyMap<string, Mapper> = new Map([[mapperVersion, presentMapper]])
