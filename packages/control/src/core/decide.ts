// Every command of the control plane, decided: changes and audit records, or a refusal. No clock, no
// keys, no I/O; the caller commits the outcome or throws it away.

import type { Command, Decision, DecisionContext } from './commands.ts'
import { createApiKey, deleteApiKey, rotateApiKey } from './decide-api-key.ts'
import { deleteEndpoint, putEndpoint } from './decide-endpoint.ts'
import { deleteSecret, putSecret, resealSecrets } from './decide-secret.ts'
import { deleteTenant, putTenant } from './decide-tenant.ts'
import { importEndpoints } from './endpoints-file.ts'
import type { ControlState } from './state.ts'

export function decide(state: ControlState, command: Command, context: DecisionContext): Decision {
  switch (command.kind) {
    case 'put-tenant':
      return putTenant(state, command, context)
    case 'delete-tenant':
      return deleteTenant(state, command, context)
    case 'put-endpoint':
      return putEndpoint(state, command, context)
    case 'delete-endpoint':
      return deleteEndpoint(state, command, context)
    case 'put-secret':
      return putSecret(state, command, context)
    case 'delete-secret':
      return deleteSecret(state, command, context)
    case 'reseal-secrets':
      return resealSecrets(state, context)
    case 'create-api-key':
      return createApiKey(state, command, context)
    case 'rotate-api-key':
      return rotateApiKey(state, command, context)
    case 'delete-api-key':
      return deleteApiKey(state, command, context)
    case 'import-endpoints':
      return importEndpoints(state, command, context)
  }
}
