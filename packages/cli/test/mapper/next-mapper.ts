// A second version of the mapper, as a team would try it: it wraps the present one and changes what a
// test asks for. Also loaded as a module by its path, where it takes notes of customers for reasons.

import { presentMapper } from '@fleet/sources'
import type { Mapper, NormalizedEvent } from '@fleet/sources'

export const mapperVersion = '2-try'

/** The present mapper with another event wherever it makes one. */
export function changing(change: (event: NormalizedEvent) => unknown): Mapper {
  return {
    version: mapperVersion,
    normalize: (raw, endpoint, platform) => {
      const mapped = presentMapper.normalize(raw, endpoint, platform)
      return mapped.ok ? ({ ok: true, event: change(mapped.event) } as typeof mapped) : mapped
    },
  }
}

export const normalize = changing(event =>
  event.domain === 'reservation'
    ? { ...event, fields: { ...event.fields, reason: 'tried' }, fingerprint: 7 }
    : event,
).normalize
