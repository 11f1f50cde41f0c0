// Errors of the seam: what kafkajs and the protocol throw, as a code and a fate.

import { FleetError, messageOf } from '@fleet/runtime'

import { refusal } from './refusals.ts'

export const codes = {
  TRANSACTION_LOST: {
    fate: 'transient',
    meaning: 'A transaction was refused or its outcome is unknown; the task fences and restores.',
  },
  APPEND_FAILED: { fate: 'transient', meaning: 'The broker refused a record; it was not written.' },
  APPEND_UNKNOWN: {
    fate: 'transient',
    meaning: 'No acknowledgement for a record; it may or may not have been written.',
  },
  OVERLOADED: { fate: 'transient', meaning: 'More bytes wait for Kafka than the limit allows.' },
  KAFKA_AUTHENTICATION: {
    fate: 'fatal',
    meaning: 'The brokers refuse user, password or SASL mechanism; the message says what to check.',
  },
  KAFKA_CERTIFICATE: {
    fate: 'fatal',
    meaning: 'TLS with the brokers fails: their certificate, ours, or a listener without TLS.',
  },
  KAFKA_AUTHORIZATION: {
    fate: 'fatal',
    meaning: 'The user lacks a right in Kafka; see `fleet acls plan`.',
  },
  KAFKA_AUTHORIZER_MISSING: {
    fate: 'fatal',
    meaning: 'The brokers keep no ACLs: they run without an authorizer.',
  },
  KAFKA_UNREACHABLE: { fate: 'transient', meaning: 'No broker answers at the given addresses.' },
  OFFSET_OUT_OF_RANGE: {
    fate: 'fatal',
    meaning: 'The next record to read was deleted by retention before it was read.',
  },
  END_UNKNOWN: {
    fate: 'transient',
    meaning:
      'Where the committed records of a partition end can not be told now: no leader, or a transaction is open.',
  },
  UNSUPPORTED_BATCH: {
    fate: 'fatal',
    meaning: 'A record batch has a format or compression this client cannot read.',
  },
  CORRUPT_BATCH: {
    fate: 'fatal',
    meaning: 'A record batch fails its checksum or contradicts itself, also when fetched again.',
  },
  PARTITION_MISMATCH: {
    fate: 'fatal',
    meaning: 'Co-partitioned topics differ in partition count, or the count changed.',
  },
  TOPIC_MISSING: { fate: 'fatal', meaning: 'A topic does not exist; run fleet topics apply.' },
  MEMBERSHIP_LOST: { fate: 'fatal', meaning: 'The consumer group refused this member for good.' },
  READER_BROKEN: {
    fate: 'fatal',
    meaning: 'Reading failed in a way that will not pass: a defect of ours or of the client.',
  },
  CLOSED: { fate: 'fatal', meaning: 'The client was used after it was closed.' },
} as const

/** Why there is no connection: refused for good, or nobody answers. */
export function unreachable(brokers: readonly string[], cause: unknown): FleetError {
  const refused = refusal(cause)
  if (refused !== null) return refused
  const hint = saysNothing(cause)
    ? 'is it running, and does FLEET_KAFKA_SECURITY fit its listener?'
    : 'is it running?'
  return new FleetError(
    'KAFKA_UNREACHABLE',
    'transient',
    `Kafka at ${brokers.join(', ')} is not reachable (${messageOf(cause)}); ${hint}`,
    { cause },
  )
}

/** A listener that wants TLS or SASL ends a connection without a word of Kafka's protocol. */
function saysNothing(cause: unknown): boolean {
  return /closed connection|socket disconnected before secure TLS/i.test(messageOf(cause))
}
