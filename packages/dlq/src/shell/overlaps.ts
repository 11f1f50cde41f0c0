// What whoever begins a replay is told when another one may send the same letters.

import { FleetError } from '@fleet/runtime'

import type { ReplayStarted } from '../core/acts.ts'

export function overlaps({ replay_id: id, by, at }: ReplayStarted): FleetError {
  const message =
    `replay ${id} of ${by}, begun ${at}, is under way and may send the same letters: wait for its end, ` +
    `or, where its process has ended, go on with it or give it up (fleet dlq replay --resume ${id}, ` +
    `--give-up ${id})`
  return new FleetError('REPLAY_OVERLAPS', 'transient', message)
}
