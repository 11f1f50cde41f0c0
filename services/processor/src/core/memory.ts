// What the decision may read of a task's state, and the changes it may ask for.

import type { ResourceMemory } from './resource-memory.ts'
import type { SeenId } from './seen-id.ts'
import type { SeenEntry, Sighting } from './seen-segment.ts'

export interface ProcessorMemory {
  /** The newest sighting held, whatever its age. */
  sighting(id: SeenId): Sighting | undefined
  resource(key: string): ResourceMemory | undefined
  /** Keys of resources with nothing at or after `floorMicros`, oldest first, at most `max`. */
  outlived(floorMicros: number, max: number): string[]
}

export type ProcessorChange =
  | { readonly kind: 'seen'; readonly entry: SeenEntry }
  | { readonly kind: 'resource'; readonly key: string; readonly memory: ResourceMemory }
  | { readonly kind: 'drop'; readonly key: string }
