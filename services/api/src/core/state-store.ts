// What the API needs from the view.

import type { ResourceState } from '@fleet/contracts'

export interface StoredState {
  state: ResourceState
  /** Coordinates of the state record this value came from. */
  partition: number
  offset: number
}

export interface StateStore {
  /** Null when there is no such resource. Throws a transient FleetError while the view is away. */
  read(recordKey: string): Promise<StoredState | null>
  /** `ok` or why it can't be read. */
  check(): string
}
