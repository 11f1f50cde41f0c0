// What `fleet state rebuild` must know of automation: a step that a timer made names the tick in its history,
// so timers fire again when they fired, not when they should have.

import { topics } from '@fleet/contracts'
import type { Task } from '@fleet/contracts'
import type { RebuildRules } from '@fleet/stage'

export const tasksRebuild: RebuildRules = {
  needsWholeInputs: false,
  ownOutputs: [topics.automation],
  tickOf: output => {
    const step = (output as Task).history.at(-1)
    return step === undefined || step.event_id !== null ? null : step.at / 1000
  },
}
