// What `fleet state rebuild` must know of the CRM sink.

import { topics } from '@fleet/contracts'
import type { RebuildRules } from '@fleet/stage'

export const crmRebuild: RebuildRules = { needsWholeInputs: false, ownOutputs: [topics.crm] }
