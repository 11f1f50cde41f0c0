// What flows between services: topics, record types, keys, headers, times.

export {
  allTopics,
  domains,
  groupIdOf,
  stageNames,
  subjectOf,
  topics,
  topologyGeneration,
  transactionalIdOf,
  transactionalIdPrefixOf,
} from './topics.ts'
export type { Domain, KeyKind, ServiceName, StageName, Topic, TopicKind } from './topics.ts'
export {
  encodeKeyPart,
  murmur2,
  partitionOf,
  resourceKey,
  unidentifiedKey,
  utf8Bytes,
} from './partition-key.ts'
export { rankOf } from './lifecycle-rank.ts'
export { cloudEventHeaders, headerNames } from './headers.ts'
export type { CloudEventFacts } from './headers.ts'
export {
  formatMicros,
  microsPerDay,
  microsPerHour,
  microsPerMilli,
  microsPerSecond,
  monthOfMicros,
} from './time.ts'
export { recordFiles } from './records.ts'
export type {
  Alert,
  AlertSignal,
  BillingEvent,
  Channel,
  Coordinates,
  CrmRecord,
  CustomerEvent,
  DeadLetter,
  Disposition,
  Header,
  IncidentEvent,
  JournalEntry,
  Line,
  Lineage,
  LocationEvent,
  Mode,
  Money,
  RawDelivery,
  RecordName,
  RecordTypes,
  Register,
  RentalSessionEvent,
  ReservationEvent,
  Resource,
  ResourceState,
  SecurityEvent,
  Signal,
  SignalState,
  UnmappedEvent,
  VehicleAvailabilityEvent,
  VehicleError,
  VehicleEvent,
  ViolationEvent,
} from './records.ts'
export { viewEntryKey, viewPositionsKey } from './state-view.ts'
