// Retries within the range: what would have become of them if the switch of mappers had come between
// the first delivery and the retry. Bounded: beyond so many events new ones are no longer remembered.

import type { Mapped } from './compare-mappings.ts'

export interface RetryCounts {
  /** Deliveries of an event that came before in the range. */
  seen: number
  /** They would be dead letters ID_CONFLICT, or duplicates where the endpoint counts conflicts. */
  become_conflicts: number
  /** They would be published a second time. */
  published_again: number
  /** False when the range has more events than are remembered. */
  complete: boolean
}

const eventsMax = 200_000

export class Retries {
  readonly #fingerprints = new Map<string, number>()
  readonly #hash: (text: string) => string
  readonly counts: RetryCounts = {
    seen: 0,
    become_conflicts: 0,
    published_again: 0,
    complete: true,
  }

  constructor(hash: (text: string) => string) {
    this.#hash = hash
  }

  see(key: string, present: Mapped, candidate: Mapped): void {
    if (present.kind !== 'event') return
    const identity = this.#identity(key, present.event)
    const first = this.#fingerprints.get(identity)
    if (first === undefined) {
      if (this.#fingerprints.size < eventsMax) {
        this.#fingerprints.set(identity, present.event.fingerprint)
      } else this.counts.complete = false
      return
    }
    this.counts.seen++
    if (candidate.kind !== 'event') return
    if (!this.#fingerprints.has(this.#identity(key, candidate.event))) {
      this.counts.published_again++
    } else if (candidate.event.fingerprint !== first && present.event.fingerprint === first) {
      this.counts.become_conflicts++
    }
  }

  #identity(
    key: string,
    event: { tenantId: string; source: string; mode: string; eventId: string },
  ): string {
    const { tenantId, source, mode, eventId } = event
    return this.#hash(JSON.stringify([tenantId, source, key, mode, eventId])).slice(0, 24)
  }
}
