// What `fleet state rebuild` must know of alerting. Signals are re-keyed by tenant: what stands in a partition
// of them comes from every router, so there is nothing to hold a router's decisions against.

import { topics } from '@fleet/contracts'
import type { RebuildRules } from '@fleet/stage'

export const routerRebuild: RebuildRules = { needsWholeInputs: false, ownOutputs: [] }
export const alertsRebuild: RebuildRules = {
  needsWholeInputs: false,
  ownOutputs: [topics.alerting],
}
