// The only place with topic names. Everything about a topic is declared here: what its key is, which
// schema its values have, who writes it, who reads it, how it is cleaned. `fleet topics apply`,
// docs/generated/topics.md and the AsyncAPI document are produced from this table.
//
// Consequence to remember: all of these share one partition count N. Task p reads partition p of its
// inputs and writes partition p of its outputs, so growing one of them alone breaks co-partitioning.

import { domainReaders, domainSchemas } from './domain-topics.ts'
import type { RecordName } from './records.ts'

/** The stages that run on the consume loop, by the name used in topics, groups and metrics. */
export const stageNames = [
  'processor',
  'crm-sink',
  'accounting-sink',
  'alerting-router',
  'alerting-sink',
  'automation',
] as const
export type StageName = (typeof stageNames)[number]

export const domains = [
  'reservation',
  'rental_session',
  'vehicle_availability',
  'incident',
  'violation',
  'billing',
  'customer',
  'location',
  'vehicle',
  'unmapped',
] as const
export type Domain = (typeof domains)[number]

/** `stream`: history, deleted by age. `table`: compacted, the newest value of each key. */
export type TopicKind = 'stream' | 'table'
export type KeyKind = 'resource' | 'tenant' | 'endpoint' | 'origin' | 'private'
export type ServiceName =
  | ReturnType<typeof serviceOf>
  | 'ingester'
  | 'projector'
  | 'api'
  | 'redrive'
  | 'bookkeepers'
  | 'operators'
  | 'subscribers'

export interface Topic {
  /** How code and `fleet env` call it. */
  readonly logical: string
  /** What Kafka calls it. */
  readonly name: string
  readonly kind: TopicKind
  readonly key: KeyKind
  /** Avro record of its values; null where the values are private to the writer. */
  readonly schema: RecordName | null
  readonly writers: readonly ServiceName[]
  readonly readers: readonly ServiceName[]
  /** A public table that is memory of the stage that writes it too: read whenever a task is restored. */
  readonly memoryOf?: StageName
  /** Days a record is kept; null is for ever (tables, and the ledger). */
  readonly retentionDays: number | null
  /** Largest record batch the broker takes, bytes. */
  readonly maxMessageBytes: number
  /** Written inside transactions, one writer per partition. */
  readonly transactional: boolean
}

const mebibyte = 1024 * 1024

type Rest = Omit<Topic, 'kind' | 'retentionDays' | 'maxMessageBytes'> &
  Partial<Pick<Topic, 'maxMessageBytes'>>

function stream(retentionDays: number | null, rest: Rest): Topic {
  return { kind: 'stream', retentionDays, maxMessageBytes: mebibyte, ...rest }
}

function table(rest: Rest): Topic {
  return { kind: 'table', retentionDays: null, maxMessageBytes: mebibyte, ...rest }
}

function eventTopic(domain: Domain): Topic {
  return stream(30, {
    logical: `events.${domain}`,
    name: `fleet.events.${domain}.v1`,
    key: 'resource',
    schema: domainSchemas[domain],
    writers: ['processor'],
    readers: domainReaders[domain],
    transactional: true,
  })
}

/** Every stage is a service of its own name, but for the router, which shares one. */
export function serviceOf(stage: StageName): Exclude<StageName, 'alerting-router'> {
  return stage === 'alerting-router' ? 'alerting-sink' : stage
}

function deadLetterTopic(stage: StageName): Topic {
  return stream(90, {
    logical: `dead-letters.${stage}`,
    name: `fleet.dead-letters.${stage}.v1`,
    key: 'origin',
    schema: 'DeadLetter',
    writers: [serviceOf(stage)],
    readers: ['redrive', 'api', 'operators'],
    maxMessageBytes: 3 * mebibyte,
    transactional: true,
  })
}

function changelogTopic(stage: StageName): Topic {
  return table({
    logical: `${stage}.changelog`,
    name: `fleet.${stage}.changelog.v1`,
    key: 'private',
    schema: null,
    writers: [serviceOf(stage)],
    readers: [serviceOf(stage)],
    transactional: true,
  })
}

function byName<K extends string>(keys: readonly K[], make: (key: K) => Topic): Record<K, Topic> {
  const out = {} as Record<K, Topic>
  for (const key of keys) out[key] = make(key)
  return out
}

export const topics = {
  raw: stream(14, {
    logical: 'raw',
    name: 'fleet.raw.v1',
    key: 'resource',
    schema: 'RawDelivery',
    writers: ['ingester', 'redrive', 'api'],
    readers: ['processor'],
    transactional: false,
  }),
  events: byName(domains, eventTopic),
  state: table({
    logical: 'state',
    name: 'fleet.state.v1',
    key: 'resource',
    schema: 'ResourceState',
    memoryOf: 'processor',
    writers: ['processor'],
    readers: ['processor', 'projector', 'subscribers'],
    transactional: true,
  }),
  crm: stream(90, {
    logical: 'crm',
    name: 'fleet.crm.v1',
    key: 'resource',
    schema: 'CrmRecord',
    writers: ['crm-sink'],
    readers: ['subscribers'],
    transactional: true,
  }),
  accounting: stream(null, {
    logical: 'accounting',
    name: 'fleet.accounting.v1',
    key: 'resource',
    schema: 'JournalEntry',
    writers: ['accounting-sink'],
    readers: ['bookkeepers', 'subscribers'],
    transactional: true,
  }),
  // Every partition has every record of it, written in one transaction.
  ledgerControl: stream(null, {
    logical: 'ledger-control',
    name: 'fleet.ledger-control.v1',
    key: 'tenant',
    schema: 'LedgerControl',
    writers: ['bookkeepers'],
    readers: ['accounting-sink', 'bookkeepers'],
    transactional: true,
  }),
  alertSignals: stream(7, {
    logical: 'alert-signals',
    name: 'fleet.alert-signals.v1',
    key: 'tenant',
    schema: 'AlertSignal',
    // Of events and of what the ledger notices, by tenant: every partition has many writers.
    writers: ['alerting-sink', 'accounting-sink'],
    readers: ['alerting-sink'],
    transactional: true,
  }),
  alerting: stream(90, {
    logical: 'alerting',
    name: 'fleet.alerting.v1',
    key: 'tenant',
    schema: 'Alert',
    writers: ['alerting-sink'],
    readers: ['subscribers'],
    transactional: true,
  }),
  automation: stream(90, {
    logical: 'automation',
    name: 'fleet.automation.v1',
    key: 'resource',
    schema: 'Task',
    writers: ['automation'],
    readers: ['subscribers'],
    transactional: true,
  }),
  redrive: stream(14, {
    logical: 'redrive',
    name: 'fleet.redrive.v1',
    key: 'origin',
    schema: 'DeadLetter',
    writers: ['redrive', 'api'],
    readers: ['crm-sink', 'accounting-sink', 'alerting-sink', 'automation'],
    maxMessageBytes: 3 * mebibyte,
    transactional: false,
  }),
  // What was done about dead letters, longer than any letter is kept; in the partition of its letter.
  deadLetterActs: stream(400, {
    logical: 'dead-letter-acts',
    name: 'fleet.dead-letter-acts.v1',
    key: 'private',
    schema: null,
    writers: ['redrive', 'api'],
    readers: ['redrive', 'api', 'operators'],
    transactional: false,
  }),
  security: stream(30, {
    logical: 'security',
    name: 'fleet.security.v1',
    key: 'endpoint',
    schema: 'SecurityEvent',
    writers: ['ingester'],
    readers: ['operators'],
    transactional: false,
  }),
  // The control plane is one order of changes, so all of it stands in partition 0 of both topics.
  control: table({
    logical: 'control',
    name: 'fleet.control.v1',
    key: 'private',
    schema: null,
    writers: ['api'],
    readers: ['api', 'ingester', 'processor'],
    transactional: true,
  }),
  controlAudit: stream(1095, {
    logical: 'control.audit',
    name: 'fleet.control-audit.v1',
    key: 'private',
    schema: null,
    writers: ['api'],
    readers: ['api', 'operators'],
    transactional: true,
  }),
  // When each key of a sender was last used, written once a minute at most; in partition 0 as well.
  controlUses: table({
    logical: 'control.uses',
    name: 'fleet.control-uses.v1',
    key: 'private',
    schema: null,
    writers: ['ingester'],
    readers: ['api', 'operators'],
    transactional: false,
  }),
  deadLetters: byName(stageNames, deadLetterTopic),
  changelogs: byName(stageNames, changelogTopic),
} as const

export const allTopics: readonly Topic[] = [
  topics.raw,
  ...Object.values(topics.events),
  topics.state,
  topics.crm,
  topics.accounting,
  topics.ledgerControl,
  topics.alertSignals,
  topics.alerting,
  topics.automation,
  ...Object.values(topics.deadLetters),
  topics.redrive,
  topics.deadLetterActs,
  topics.security,
  topics.control,
  topics.controlAudit,
  topics.controlUses,
  ...Object.values(topics.changelogs),
]
