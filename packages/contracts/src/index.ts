// What flows between services: topics, record types, keys, headers, times.

export { allTopics, domains, serviceOf, stageNames, topics } from './topics.ts'
export type { Domain, KeyKind, ServiceName, StageName, Topic, TopicKind } from './topics.ts'
export {
  groupIdOf,
  subjectOf,
  topologyGeneration,
  transactionalIdOf,
  transactionalIdPrefixOf,
} from './derived-names.ts'
export {
  ledgerBalanceKey,
  ledgerChartKey,
  ledgerClosedKey,
  ledgerTotalsKey,
  parseLedgerKey,
} from './ledger-state.ts'
export type {
  LedgerBalance,
  LedgerChart,
  LedgerClosed,
  LedgerKey,
  LedgerTotals,
} from './ledger-state.ts'
export {
  encodeKeyPart,
  murmur2,
  partitionOf,
  resourceKey,
  unidentifiedKey,
  utf8Bytes,
} from './partition-key.ts'
export { asRead, EncodedMap } from './encoded-map.ts'
export type { Encodable } from './encoded-map.ts'
export { rankOf } from './lifecycle-rank.ts'
export { cloudEventHeaders, headerNames } from './headers.ts'
export type { CloudEventFacts } from './headers.ts'
export {
  formatMicros,
  microsText,
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
  HistoryPlace,
  IncidentEvent,
  JournalEntry,
  LedgerControl,
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
  Task,
  TaskHistory,
  UnmappedEvent,
  VehicleAvailabilityEvent,
  VehicleError,
  VehicleEvent,
  ViolationEvent,
} from './records.ts'
export { viewEntryKey, viewPositionsKey } from './state-view.ts'
