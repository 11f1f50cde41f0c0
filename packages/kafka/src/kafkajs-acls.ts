// ACLs by kafkajs's admin client. Not part of the seam: the broker in memory has no users.

import { FleetError } from '@fleet/runtime'

import type { Acl, AclAdmin } from './acls.ts'
import { unreachable } from './errors.ts'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  createAdmin,
  protocolErrorType,
  ResourcePatternTypes,
} from './kafkajs.ts'
import type { ConnectionSettings, KafkaJsAdmin } from './kafkajs.ts'
import { refusal } from './refusals.ts'

/** @throws FleetError KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION or KAFKA_CERTIFICATE. */
export async function connectAclAdmin(settings: ConnectionSettings): Promise<AclAdmin> {
  const admin = createAdmin(settings)
  try {
    await admin.connect()
  } catch (error) {
    await admin.disconnect().catch(() => {})
    throw unreachable(settings.brokers, error)
  }
  return new KafkaJsAclAdmin(admin)
}

class KafkaJsAclAdmin implements AclAdmin {
  readonly #admin: KafkaJsAdmin

  constructor(admin: KafkaJsAdmin) {
    this.#admin = admin
  }

  async describeAcls(principal: string): Promise<Acl[]> {
    const { resources } = await asked(
      this.#admin.describeAcls({
        principal,
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      }),
    )
    return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
      acls.flatMap(({ principal: of, host, operation, permissionType }) => {
        const resource = resourceNames.get(resourceType)
        const pattern = patternNames.get(resourcePatternType)
        const operationName = operationNames.get(operation)
        const permission = permissionNames.get(permissionType)
        if (!resource || !pattern || !operationName || !permission) return []
        const name = resourceName
        return [
          { principal: of, host, resource, name, pattern, operation: operationName, permission },
        ]
      }),
    )
  }

  async createAcls(acls: readonly Acl[]): Promise<void> {
    if (acls.length > 0) await asked(this.#admin.createAcls({ acl: acls.map(encoded) }))
  }

  async deleteAcls(acls: readonly Acl[]): Promise<void> {
    if (acls.length > 0) await asked(this.#admin.deleteAcls({ filters: acls.map(encoded) }))
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }
}

const resourceNames = new Map<number, Acl['resource']>([
  [AclResourceTypes.TOPIC, 'TOPIC'],
  [AclResourceTypes.GROUP, 'GROUP'],
  [AclResourceTypes.TRANSACTIONAL_ID, 'TRANSACTIONAL_ID'],
  [AclResourceTypes.CLUSTER, 'CLUSTER'],
])
const patternNames = new Map<number, Acl['pattern']>([
  [ResourcePatternTypes.LITERAL, 'LITERAL'],
  [ResourcePatternTypes.PREFIXED, 'PREFIXED'],
])
const permissionNames = new Map<number, Acl['permission']>([
  [AclPermissionTypes.ALLOW, 'ALLOW'],
  [AclPermissionTypes.DENY, 'DENY'],
])
const operationNames = new Map<number, Acl['operation']>([
  [AclOperationTypes.ALL, 'ALL'],
  [AclOperationTypes.READ, 'READ'],
  [AclOperationTypes.WRITE, 'WRITE'],
  [AclOperationTypes.CREATE, 'CREATE'],
  [AclOperationTypes.DELETE, 'DELETE'],
  [AclOperationTypes.ALTER, 'ALTER'],
  [AclOperationTypes.DESCRIBE, 'DESCRIBE'],
  [AclOperationTypes.DESCRIBE_CONFIGS, 'DESCRIBE_CONFIGS'],
  [AclOperationTypes.ALTER_CONFIGS, 'ALTER_CONFIGS'],
  [AclOperationTypes.CLUSTER_ACTION, 'CLUSTER_ACTION'],
  [AclOperationTypes.IDEMPOTENT_WRITE, 'IDEMPOTENT_WRITE'],
])

function encoded({ principal, host, resource, name, pattern, operation, permission }: Acl) {
  return {
    principal,
    host,
    resourceType: AclResourceTypes[resource],
    resourceName: name,
    resourcePatternType: ResourcePatternTypes[pattern],
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes[permission],
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (protocolErrorType(error) === 'SECURITY_DISABLED') {
      throw new FleetError(
        'KAFKA_AUTHORIZER_MISSING',
        'fatal',
        'The brokers keep no ACLs; set authorizer.class.name on them (docs/security.md)',
        { cause: error },
      )
    }
    throw refusal(error) ?? error
  }
}
