// The verbs' connection to the schema registry.

import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { unreachable } from './kafka.ts'

/** Runs the work; when the registry does not answer, says at which address and what to try. */
export async function withRegistry<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isAway = error instanceof FleetError && error.code === 'REGISTRY_UNREACHABLE'
    throw isAway ? unreachable('The schema registry', url, error) : error
  }
}

/** A verb runs for moments: what it looks up is not kept in a file. */
export function registryCodec(url: string, clock: Clock): Promise<Codec> {
  return openCodec({ registry: httpRegistry(url), cacheFile: null, clock })
}
