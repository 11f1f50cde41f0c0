// What `fleet state rebuild` must know of the ledger: entries and balances reach further back than events are
// kept, and a ledger without some of them would be wrong for good.

import { topics } from '@fleet/contracts'
import type { RebuildRules } from '@fleet/stage'

export const ledgerRebuild: RebuildRules = {
  needsWholeInputs: true,
  ownOutputs: [topics.accounting],
}
