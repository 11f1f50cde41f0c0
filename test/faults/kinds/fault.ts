// What a fault is: a kind, a lane in which faults come one after the other, and what it does. A fault
// puts right what it broke before it resolves, as far as that is not the product's own task.

import type { AvroSchemas } from '../judge/avro-schemas.ts'
import type { Load } from '../load/events.ts'
import type { Sender } from '../load/sender.ts'
import type { Seeded } from '../seeded.ts'
import type { World } from '../world/world.ts'
import type { Poison } from './poison.ts'

export const lanes = ['processes', 'members', 'brokers', 'wire', 'stores', 'data'] as const
export type Lane = (typeof lanes)[number]

export interface Scene {
  readonly world: World
  readonly load: Load
  readonly sender: Sender
  readonly poison: Poison
  readonly schemas: AvroSchemas
  readonly say: (text: string) => void
  /** Aborted when the fault phase must end. */
  readonly ending: AbortSignal
  /** Bodies the faults themselves have sent. */
  readonly extraBodies: string[]
}

export interface Fault {
  readonly kind: string
  readonly lane: Lane
  /** How often it was really injected; `refused` by this machine. */
  inject(scene: Scene, random: Seeded): Promise<number | 'refused'>
}
