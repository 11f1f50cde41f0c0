// Names inside the Redis view of fleet.state.v1: written by the projector, read by the api and the CLI. A
// changed name is a rebuild.

/** Hash: partition → next offset to read. Gone after a flush, which is how a flush is noticed. */
export const viewPositionsKey = 'state:positions'

/** Hash with `partition`, `offset` and, unless the resource was dropped, `value` (JSON). */
export function viewEntryKey(recordKey: string): string {
  return `state:resource:${recordKey}`
}
