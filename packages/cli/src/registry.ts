// The verbs' connection to the schema registry.

import { FleetError } from '@fleet/runtime'
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
