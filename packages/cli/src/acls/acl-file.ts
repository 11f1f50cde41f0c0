// The file of rights, checked and with its placeholder filled in. A mistake in it must not end in a
// cluster that allows too much, so nothing unknown is accepted.

import type { Acl, AclOperation, AclResource } from '@fleet/kafka'
import { messageOf } from '@fleet/runtime'
import { UsageError } from '../exit-code.ts'
import { readArgumentFile } from '../read-file.ts'

export interface DeclaredAcls {
  /** Whose rights are managed; those of nobody else are looked at. */
  readonly principals: readonly string[]
  /** What names begin with that are managed; null: the kind as a whole. */
  readonly namespaces: Readonly<Record<AclResource, string | null>>
  readonly acls: readonly Acl[]
}

const resources: readonly AclResource[] = ['TOPIC', 'GROUP', 'TRANSACTIONAL_ID', 'CLUSTER']
const patterns = ['LITERAL', 'PREFIXED'] as const
/** ALL and CLUSTER_ACTION are left out: no service needs them, and they would allow too much. */
const operations: readonly AclOperation[] = [
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
]

export async function readAclFile(file: string, environment: string): Promise<DeclaredAcls> {
  let text: string
  try {
    text = (await readArgumentFile(file)).toString('utf8')
  } catch (error) {
    throw new UsageError(
      `the file of ACLs can not be read (${messageOf(error)}). Name it with --file, or run fleet from the repository's root.`,
    )
  }
  try {
    return parseAcls(text, environment)
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`)
  }
}

export function parseAcls(text: string, environment: string): DeclaredAcls {
  const file = objectAt(JSON.parse(text), 'the file')
  if (file['version'] !== 1) throw new Error('version must be 1')
  const filled = (name: unknown, at: string): string =>
    textAt(name, at).replaceAll('{env}', environment)
  const declared = objectAt(file['namespaces'], 'namespaces')
  const namespaceOf = (resource: AclResource): string =>
    filled(declared[resource], `namespaces.${resource}`)
  const users = listAt(file['users'], 'users').map((value, index) =>
    userAt(value, `users[${index}]`, filled),
  )
  const principals = users.map(({ principal }) => principal)
  const twice = principals.find((name, index) => principals.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`${twice} stands twice`)
  return {
    principals,
    namespaces: {
      TOPIC: namespaceOf('TOPIC'),
      GROUP: namespaceOf('GROUP'),
      TRANSACTIONAL_ID: namespaceOf('TRANSACTIONAL_ID'),
      CLUSTER: null,
    },
    acls: inNamespaces(
      users.flatMap(({ acls }) => acls),
      namespaceOf,
    ),
  }
}

/** What lies outside would be made and never be seen again. */
function inNamespaces(acls: Acl[], namespaceOf: (resource: AclResource) => string): Acl[] {
  for (const { resource, name } of acls) {
    if (resource === 'CLUSTER' || name.startsWith(namespaceOf(resource))) continue
    throw new Error(`${resource} ${name} is outside the namespace ${namespaceOf(resource)}`)
  }
  return acls
}

function userAt(
  value: unknown,
  at: string,
  filled: (name: unknown, at: string) => string,
): { principal: string; acls: Acl[] } {
  const user = objectAt(value, at)
  const principal = filled(user['principal'], `${at}.principal`)
  if (!/^User:./.test(principal) || principal === 'User:*') {
    throw new Error(`${at}.principal must be User:<name>, and not everybody`)
  }
  const acls = listAt(user['acls'], `${at}.acls`).flatMap((entry, index) =>
    aclsAt(entry, `${at}.acls[${index}]`, principal, filled),
  )
  return { principal, acls }
}

function aclsAt(
  value: unknown,
  at: string,
  principal: string,
  filled: (name: unknown, at: string) => string,
): Acl[] {
  const entry = objectAt(value, at)
  const resource = oneOf(resources, entry['resource'], `${at}.resource`)
  const pattern = oneOf(patterns, entry['pattern'], `${at}.pattern`)
  const name = filled(entry['name'], `${at}.name`)
  if (name === '*') throw new Error(`${at}.name must not be *: it stands for everything`)
  return listAt(entry['operations'], `${at}.operations`).map((one, index) => ({
    principal,
    host: '*',
    resource,
    name,
    pattern,
    operation: oneOf(operations, one, `${at}.operations[${index}]`),
    permission: 'ALLOW',
  }))
}

function oneOf<Choice extends string>(
  choices: readonly Choice[],
  value: unknown,
  at: string,
): Choice {
  const found = choices.find(choice => choice === value)
  if (found === undefined) throw new Error(`${at} must be one of ${choices.join(', ')}`)
  return found
}

function objectAt(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new Error(`${at} must be an object`)
}

function listAt(value: unknown, at: string): unknown[] {
  if (Array.isArray(value) && value.length > 0) return value as unknown[]
  throw new Error(`${at} must be a list with something in it`)
}

function textAt(value: unknown, at: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`${at} must be a text`)
}
