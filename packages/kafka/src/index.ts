// The seam to Kafka: ports, our record type, and the two implementations.

export type {
  Admin,
  Appender,
  AppenderOptions,
  Broker,
  Chunk,
  CommittedOffset,
  GroupDescription,
  GroupOptions,
  Membership,
  NewTopic,
  PartitionOffsets,
  Position,
  Reader,
  ReaderOptions,
  RecordStream,
  TopicDescription,
  TransactionalWriter,
  WriterOptions,
} from './ports.ts'
export type { Acl, AclAdmin, AclOperation, AclPattern, AclResource } from './acls.ts'
export { connectAclAdmin } from './kafkajs-acls.ts'
export { bareRecord, recordBytes } from './record.ts'
export type { InRecord, OutRecord, TopicPartition } from './record.ts'
export { connectKafka } from './connect.ts'
export { codes } from './errors.ts'
export type { ConnectionSettings } from './kafkajs.ts'
export { createMemoryBroker, MemoryBroker } from './memory-broker.ts'
export type { MemoryBrokerOptions } from './memory-broker.ts'
