// Which replays are under way, and whether two may speak of the same letter. Replays that may do so run one
// after the other, in the order in which their beginnings stand in the log.

import type { Act, LetterFilter, ReplayStarted } from './acts.ts'

/** Whether there may be a letter that both mean. */
export function overlap(left: LetterFilter, right: LetterFilter): boolean {
  const isOneTenant = left.tenant === null || right.tenant === null || left.tenant === right.tenant
  return (
    isOneTenant &&
    meet(left.stages, right.stages) &&
    meet(left.ids, right.ids) &&
    meet(left.codes, right.codes) &&
    meet(left.types, right.types) &&
    isBefore(left.from, right.to) &&
    isBefore(right.from, left.to)
  )
}

function meet(left: readonly string[] | null, right: readonly string[] | null): boolean {
  return left === null || right === null || left.some(each => right.includes(each))
}

function isBefore(from: number | null, to: number | null): boolean {
  return from === null || to === null || from < to
}

/** Takes acts in log order. */
export class OpenReplays {
  readonly #open = new Map<string, ReplayStarted>()

  take(act: Act): void {
    if (act.kind === 'replay_started') this.#open.set(act.replay_id, act)
    else if (act.kind === 'replay_finished') this.#open.delete(act.replay_id)
  }

  /** Oldest first. */
  *over(filter: LetterFilter): Generator<ReplayStarted> {
    for (const started of this.#open.values()) if (overlap(started.filter, filter)) yield started
  }

  /** The oldest that began before this one and may speak of the same letters. */
  before({ replay_id: own, filter }: ReplayStarted): ReplayStarted | null {
    for (const started of this.#open.values()) {
      if (started.replay_id === own) return null
      if (overlap(started.filter, filter)) return started
    }
    return null
  }
}
