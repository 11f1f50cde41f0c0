// infra/acls/acls.json: the least rights each service's user needs in Kafka, derived from who reads and
// writes what in packages/contracts/src/topics.ts. READ and WRITE include DESCRIBE.

import { allTopics, groupIdOf, stageNames, topics, transactionalIdPrefixOf } from '@fleet/contracts'
import type { ServiceName, StageName } from '@fleet/contracts'

export interface DeclaredAcl {
  readonly resource: 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID' | 'CLUSTER'
  readonly pattern: 'LITERAL' | 'PREFIXED'
  readonly name: string
  readonly operations: readonly string[]
}

/** Stands for FLEET_ENV, which begins every group id and transactional id. */
const environment = '{env}'
/** Begins the name of every topic. */
const topicNamespace = 'fleet.'
/** Roles that are no program of this repository: their users are the cluster's affair. */
const roles: ReadonlySet<ServiceName> = new Set(['operators', 'subscribers'])
/** What nobody of ours writes has nothing to be read yet. */
const used = allTopics.filter(({ writers }) => writers.some(writer => !roles.has(writer)))

export function aclsText(): string {
  const services = new Set(allTopics.flatMap(({ writers, readers }) => [...writers, ...readers]))
  const users = [...services].filter(service => !roles.has(service)).toSorted()
  const file = {
    version: 1,
    namespaces: {
      TOPIC: topicNamespace,
      GROUP: `${environment}.`,
      TRANSACTIONAL_ID: `${environment}.`,
    },
    users: [
      ...users.map(service => userOf(service, aclsOf(service))),
      userOf('operators', operatorAcls()),
    ],
  }
  const text = JSON.stringify(file, null, 2)
  return `${text.replaceAll(/\[\s+("[^[\]{}]*?")\s+\]/g, onOneLine)}\n`
}

/** Lists of words, as the formatter has them. */
function onOneLine(_: string, words: string): string {
  return `[${words.replaceAll(/\s+/g, ' ')}]`
}

function userOf(service: string, acls: readonly DeclaredAcl[]) {
  return { service, principal: `User:fleet-${service}`, acls }
}

export function aclsOf(service: ServiceName): DeclaredAcl[] {
  const isRebuilt = stagesOf(service).length > 0
  const ofTopics = used.flatMap(({ name, writers, readers }) => {
    // What a stage wrote tells what it remembered: `fleet state rebuild`. Of its table, in every restore.
    const isReader = readers.includes(service) || (isRebuilt && writers.includes(service))
    const operations = [
      ...(isReader ? ['READ'] : []),
      ...(writers.includes(service) ? ['WRITE'] : []),
    ]
    return operations.length === 0 ? [] : [topic(name, operations)]
  })
  const isControlWriter = topics.control.writers.some(writer => writer === service)
  return [
    ...ofTopics,
    ...stagesOf(service).flatMap(stage => [groupAcl(stage), transactionsAcl(stage)]),
    ...(isControlWriter ? [transactionsAcl('control')] : []),
    ...(service === 'bookkeepers' ? bookkeeperAcls() : []),
  ]
}

/** Groups and transactional ids are those of the stages whose changelogs the service writes. */
function stagesOf(service: ServiceName): StageName[] {
  return stageNames.filter(stage => topics.changelogs[stage].writers.includes(service))
}

function groupAcl(stage: string): DeclaredAcl {
  const name = groupIdOf(environment, stage)
  return { resource: 'GROUP', pattern: 'LITERAL', name, operations: ['READ'] }
}

function transactionsAcl(stage: string): DeclaredAcl {
  const name = transactionalIdPrefixOf(environment, stage)
  return { resource: 'TRANSACTIONAL_ID', pattern: 'PREFIXED', name, operations: ['WRITE'] }
}

/** `fleet ledger`: the books are held against the ledger's memory; a month is closed in one transaction. */
function bookkeeperAcls(): DeclaredAcl[] {
  return [
    topic(topics.changelogs['accounting-sink'].name, ['READ']),
    transactionsAcl(topics.ledgerControl.logical),
  ]
}

/** For looking, not for changing: `fleet doctor`, `tail`, `verify`, `topics plan`, `acls plan`. */
function operatorAcls(): DeclaredAcl[] {
  return [
    ...allTopics.map(({ name }) => topic(name, ['READ', 'DESCRIBE_CONFIGS'])),
    { resource: 'GROUP', pattern: 'PREFIXED', name: `${environment}.`, operations: ['DESCRIBE'] },
    {
      resource: 'CLUSTER',
      pattern: 'LITERAL',
      name: 'kafka-cluster',
      operations: ['DESCRIBE'],
    },
  ]
}

function topic(name: string, operations: readonly string[]): DeclaredAcl {
  return { resource: 'TOPIC', pattern: 'LITERAL', name, operations }
}
