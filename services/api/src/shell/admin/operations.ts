// Every operation of the admin API.

import { apiKeyOperations } from './api-keys.ts'
import { auditOperations } from './audit.ts'
import { deadLetterOperations } from './dead-letters.ts'
import { endpointOperations } from './endpoints.ts'
import type { Operation } from './operation.ts'
import { secretOperations } from './secrets.ts'
import { tenantOperations } from './tenants.ts'

export const adminOperations: readonly Operation[] = [
  ...tenantOperations,
  ...endpointOperations,
  ...secretOperations,
  ...apiKeyOperations,
  ...auditOperations,
  ...deadLetterOperations,
]
