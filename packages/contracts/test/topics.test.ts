// The topics as outsiders know them. A change of this table is a breaking change.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allTopics,
  domains,
  groupIdOf,
  stageNames,
  subjectOf,
  topics,
  transactionalIdOf,
} from '../src/index.ts'
import type { Topic } from '../src/index.ts'

const mebibyte = 1024 * 1024

/** name · key · kind · days (null: for ever) · value · largest batch */
type Row = [string, string, string, number | null, string | null, number]

const eventRows: Row[] = [
  ['reservation', 'ReservationEvent'],
  ['rental_session', 'RentalSessionEvent'],
  ['vehicle_availability', 'VehicleAvailabilityEvent'],
  ['incident', 'IncidentEvent'],
  ['violation', 'ViolationEvent'],
  ['billing', 'BillingEvent'],
  ['customer', 'CustomerEvent'],
  ['location', 'LocationEvent'],
  ['vehicle', 'VehicleEvent'],
  ['unmapped', 'UnmappedEvent'],
].map(([domain, value]) => [
  `fleet.events.${domain}.v1`,
  'resource',
  'stream',
  30,
  value ?? '',
  mebibyte,
])

const stageRows = [
  'processor',
  'crm-sink',
  'accounting-sink',
  'alerting-router',
  'alerting-sink',
  'automation',
]

const table: Row[] = [
  ['fleet.raw.v1', 'resource', 'stream', 14, 'RawDelivery', mebibyte],
  ...eventRows,
  ['fleet.state.v1', 'resource', 'table', null, 'ResourceState', mebibyte],
  ['fleet.crm.v1', 'resource', 'stream', 90, 'CrmRecord', mebibyte],
  ['fleet.accounting.v1', 'resource', 'stream', null, 'JournalEntry', mebibyte],
  ['fleet.ledger-control.v1', 'tenant', 'stream', null, 'LedgerControl', mebibyte],
  ['fleet.alert-signals.v1', 'tenant', 'stream', 7, 'AlertSignal', mebibyte],
  ['fleet.alerting.v1', 'tenant', 'stream', 90, 'Alert', mebibyte],
  ['fleet.automation.v1', 'resource', 'stream', 90, 'Task', mebibyte],
  ...stageRows.map((stage): Row => {
    return [`fleet.dead-letters.${stage}.v1`, 'origin', 'stream', 90, 'DeadLetter', 3 * mebibyte]
  }),
  ['fleet.redrive.v1', 'origin', 'stream', 14, 'DeadLetter', 3 * mebibyte],
  ['fleet.dead-letter-acts.v1', 'private', 'stream', 400, null, mebibyte],
  ['fleet.security.v1', 'endpoint', 'stream', 30, 'SecurityEvent', mebibyte],
  ['fleet.control.v1', 'private', 'table', null, null, mebibyte],
  ['fleet.control-audit.v1', 'private', 'stream', 1095, null, mebibyte],
  ['fleet.control-uses.v1', 'private', 'table', null, null, mebibyte],
  ...stageRows.map((stage): Row => {
    return [`fleet.${stage}.changelog.v1`, 'private', 'table', null, null, mebibyte]
  }),
]

test('there are exactly these topics, with key, cleaning, retention, value and size', () => {
  const actual = allTopics.map((topic): Row => {
    const { name, key, kind, retentionDays, schema, maxMessageBytes } = topic
    return [name, key, kind, retentionDays, schema, maxMessageBytes]
  })
  assert.deepEqual(actual, table)
})

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

test('no name and no logical name is given twice', () => {
  assert.deepEqual(repeated(allTopics.map(topic => topic.name)), [])
  assert.deepEqual(repeated(allTopics.map(topic => topic.logical)), [])
})

test('every topic is in allTopics', () => {
  const nested: Topic[] = Object.values(topics).flatMap((entry: Topic | Record<string, Topic>) =>
    'logical' in entry ? [entry as Topic] : Object.values(entry),
  )
  assert.deepEqual(new Set(allTopics), new Set(nested))
})

test('every transactional topic but the signals has one writer; raw and the edge are appended to by several', () => {
  for (const topic of allTopics) {
    // Signals are keyed anew, so each of their partitions has many writers anyway.
    if (topic === topics.alertSignals) assert.ok(topic.transactional)
    else if (topic.transactional) assert.equal(topic.writers.length, 1, topic.name)
    else assert.ok(topic.writers.length > 0, topic.name)
  }
  const appended = allTopics.filter(topic => !topic.transactional).map(topic => topic.logical)
  assert.deepEqual(appended, ['raw', 'redrive', 'dead-letter-acts', 'security', 'control.uses'])
})

test('every topic is read by somebody, and a changelog only by its writer', () => {
  for (const topic of allTopics) assert.ok(topic.readers.length > 0, topic.name)
  for (const topic of Object.values(topics.changelogs)) {
    assert.deepEqual(topic.readers, topic.writers)
    assert.equal(topic.schema, null)
  }
})

test('what a sink consumes is declared on the domain topics', () => {
  const readBy = (service: string) =>
    domains.filter(domain => topics.events[domain].readers.some(reader => reader === service))
  assert.deepEqual(readBy('crm-sink'), [
    'reservation',
    'rental_session',
    'incident',
    'violation',
    'customer',
  ])
  assert.deepEqual(readBy('accounting-sink'), ['incident', 'violation', 'billing'])
  assert.deepEqual(readBy('alerting-sink'), [...domains])
  assert.deepEqual(readBy('automation'), [
    'reservation',
    'rental_session',
    'vehicle_availability',
    'incident',
    'violation',
    'billing',
    'vehicle',
  ])
})

test('subjects follow the topic name', () => {
  assert.equal(subjectOf(topics.raw), 'fleet.raw.v1-value')
})

test('group and transactional ids hold environment, stage, generation and partition', () => {
  assert.deepEqual([...stageNames], stageRows)
  assert.equal(groupIdOf('local', 'processor'), 'local.processor.g1')
  assert.equal(transactionalIdOf('local', 'crm-sink', 5), 'local.crm-sink.g1.5')
})
