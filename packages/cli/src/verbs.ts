// Every verb of the command, in the order of its help. A new verb is a folder with a verb.ts and one
// line here.

import { addAcls } from './acls/verb.ts'
import { addContracts } from './contracts/verb.ts'
import { addDemo } from './demo/verb.ts'
import { addDlq } from './dlq/verb.ts'
import { addDoctor } from './doctor/verb.ts'
import { addEndpoints } from './endpoints/verb.ts'
import { addEnv } from './env/verb.ts'
import { addKeys } from './keys/verb.ts'
import { addLedger } from './ledger/verb.ts'
import { addMapper } from './mapper/verb.ts'
import { addSchemas } from './schemas/verb.ts'
import { addSend } from './send/verb.ts'
import { addState } from './state/verb.ts'
import { addTail } from './tail/verb.ts'
import { addTenants } from './tenants/verb.ts'
import { addTopics } from './topics/verb.ts'
import { addVerify } from './verify/verb.ts'
import type { AddVerb } from './verb.ts'

export const verbs: readonly AddVerb[] = [
  addEnv,
  addSend,
  addTail,
  addTopics,
  addAcls,
  addSchemas,
  addContracts,
  addEndpoints,
  addTenants,
  addKeys,
  addLedger,
  addState,
  addVerify,
  addDlq,
  addMapper,
  addDemo,
  addDoctor,
]
