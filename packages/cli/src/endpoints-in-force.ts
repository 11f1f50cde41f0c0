// The endpoints that the processor maps with: of the control plane where it is on, else of the file.

import { EndpointCatalog, followControl } from '@fleet/control'
import type { ControlFollowerOptions } from '@fleet/control'
import { FleetError } from '@fleet/runtime'
import type { Endpoint } from '@fleet/sources'
import { silentLogger } from '@fleet/telemetry'
import { readEndpoints } from './settings.ts'
import type { Settings } from './settings.ts'
import type { Context } from './verb.ts'

const lookMs = 20
const readMsMax = 30_000

export async function endpointsInForce(
  context: Pick<Context, 'clock' | 'stopping'>,
  settings: Settings,
  broker: ControlFollowerOptions['broker'],
): Promise<ReadonlyMap<string, Endpoint>> {
  return settings.controlPlane === 'on'
    ? fromControlPlane(context, settings, broker)
    : byId(await readEndpoints(settings))
}

export function byId(endpoints: readonly Endpoint[]): Map<string, Endpoint> {
  return new Map(endpoints.map(endpoint => [endpoint.id, endpoint]))
}

async function fromControlPlane(
  { clock, stopping }: Pick<Context, 'clock' | 'stopping'>,
  { mode }: Settings,
  broker: ControlFollowerOptions['broker'],
): Promise<ReadonlyMap<string, Endpoint>> {
  const follower = followControl({ broker, clock, logger: silentLogger })
  try {
    const endsAtMs = clock.elapsedMs() + readMsMax
    while (follower.readiness !== 'ok' && !stopping.aborted) {
      if (clock.elapsedMs() > endsAtMs) {
        const reason = follower.problem ?? follower.readiness
        const message = `the control plane's endpoints could not be read: ${reason}`
        throw new FleetError('KAFKA_UNREACHABLE', 'transient', message)
      }
      await clock.sleep(lookMs, stopping)
    }
    return new EndpointCatalog(mode).read(follower.state).endpoints
  } finally {
    await follower.close()
  }
}
