// Endpoints as the stage looks them up: by id, disabled ones too, since their deliveries may still
// be on their way through the raw topic.

import type { Mode } from '@fleet/config'
import { FleetError } from '@fleet/runtime'
import { parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'

/** @throws FleetError ENDPOINTS_INVALID (fatal) with every problem of the file. */
export function endpointsById(jsonText: string, mode: Mode): ReadonlyMap<string, Endpoint> {
  const reading = parseEndpoints(jsonText, mode)
  if (!reading.ok) {
    throw new FleetError('ENDPOINTS_INVALID', 'fatal', reading.problems.join('; '))
  }
  return new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))
}
