// What an ingester shows of itself, and what its processes say to each other about it. Only plain values:
// they are copied from one process to another.

import type { Checks } from '@fleet/telemetry'

export interface Look {
  readonly checks: Checks
  /** Prometheus text. */
  readonly metrics: string
}

export type LookAt = () => Promise<Look>

/** From a worker to the primary. */
export type WorkerMessage =
  /** Wants to show the picture of all. */
  | { readonly fleet: 'show'; readonly ask: number }
  /** How it stands: asked for with this number, or unasked with none. */
  | { readonly fleet: 'report'; readonly ask: number | null; readonly look: Look }
  /** It ends, and another one would end in the same way. */
  | { readonly fleet: 'fatal'; readonly code: string; readonly message: string }

/** From the primary to a worker. */
export type PrimaryMessage =
  | { readonly fleet: 'report'; readonly ask: number }
  | { readonly fleet: 'shown'; readonly ask: number; readonly look: Look }

export function isFleetMessage(message: unknown): message is { readonly fleet: string } {
  return typeof message === 'object' && message !== null && 'fleet' in message
}
