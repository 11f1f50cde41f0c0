// What the topics hold after a run, as Kafka's Java client reads it. Nothing is judged here.

import { createHmac } from 'node:crypto'

import { domains, headerNames, stageNames, topics } from '@fleet/contracts'
import type {
  Alert,
  AlertSignal,
  CrmRecord,
  DeadLetter,
  JournalEntry,
  RawDelivery,
  ResourceState,
  StageName,
  Task,
} from '@fleet/contracts'

import type { CommonEvent, PartitionEvidence } from '../../../packages/cli/src/verify/evidence.ts'
import { eachCommitted } from '../../support/committed-reader.ts'
import type { CommittedRecord } from '../../support/committed-reader.ts'
import type { Keys } from '../world/world.ts'
import type { AvroSchemas } from './avro-schemas.ts'
import { digestOf } from './live-reader.ts'
import { at } from './violation.ts'

export interface Place {
  topic: string
  partition: number
  offset: number
}

export interface Found<Value> extends Place {
  key: string
  value: Value
}

/** Of those who move with time: their clock may have jumped. */
export interface Timed<Value> extends Found<Value> {
  /** By the broker's clock. */
  appendedAtMs: number
}

/** On every poison record: which one it is. */
export const poisonHeader = 'faults_poison'

export interface PoisonExpectation {
  kind: string
  /** Codes of the dead letter; `published` and `duplicate` stand for themselves. */
  outcomes: readonly string[]
}

export interface FoundRaw extends Found<RawDelivery | null> {
  /** What a record of the harness's own must come to; null for a delivery. */
  poison: (PoisonExpectation & { mark: string }) | null
}

export interface Progress {
  positions: Record<string, number>
  counts: Record<string, number>
}

export interface Evidence {
  /** Around the processor, for the model of `fleet verify`. */
  partitions: PartitionEvidence[]
  raw: FoundRaw[]
  events: Found<CommonEvent>[]
  /** Every version of every resource. */
  states: Found<ResourceState | null>[]
  crm: Found<CrmRecord>[]
  entries: Found<JournalEntry>[]
  signals: Timed<AlertSignal>[]
  alerts: Found<Alert>[]
  tasks: Timed<Task>[]
  letters: Map<StageName, Found<DeadLetter>[]>
  /** How many letters were sent back, by stage and partition. */
  redriven: Map<StageName, Map<number, number>>
  /** The newest, by stage and partition. */
  progress: Map<StageName, Map<number, Progress>>
  /** Records read of each topic. */
  counts: Map<string, number>
  /** Digest of each record's value, by its place; to be compared with a reader during the faults. */
  digests: Map<string, string>
}

export interface EvidenceSources {
  jars: string
  brokers: string
  schemas: AvroSchemas
  keys: Keys
  partitionCount: number
  /** By the mark in its header. */
  poisonOf: (mark: string) => PoisonExpectation | null
}

const stageOfLetters = new Map(stageNames.map(name => [topics.deadLetters[name].name, name]))
const stageOfChangelog = new Map(stageNames.map(name => [topics.changelogs[name].name, name]))
const eventTopics = new Set(domains.map(domain => topics.events[domain].name))

export const judgedTopics: readonly string[] = [
  topics.raw.name,
  ...eventTopics,
  topics.state.name,
  topics.crm.name,
  topics.accounting.name,
  topics.alertSignals.name,
  topics.alerting.name,
  topics.automation.name,
  topics.redrive.name,
  ...stageOfLetters.keys(),
  ...stageOfChangelog.keys(),
]

/** Those nobody writes to any more when everything is at rest: time goes on being written as signals. */
export const settledTopics: readonly string[] = [
  topics.raw.name,
  ...eventTopics,
  topics.state.name,
  topics.crm.name,
  topics.accounting.name,
  topics.deadLetters.processor.name,
]

/** Those whose values are Avro. */
export const avroTopics = judgedTopics.filter(name => !stageOfChangelog.has(name))

export async function readEvidence(sources: EvidenceSources): Promise<Evidence> {
  const evidence = emptyEvidence(sources.partitionCount)
  const { jars, brokers } = sources
  await eachCommitted(jars, brokers, judgedTopics, record => take(evidence, record, sources))
  for (const partition of evidence.partitions) {
    const progress = evidence.progress.get('processor')?.get(partition.partition)
    partition.processedUpTo = progress?.positions[topics.raw.name] ?? 0
    believeExcused(partition, evidence.raw)
  }
  return evidence
}

/** Whoever was given a wrong schema could not read the record: for the model it is unreadable then. */
function believeExcused(
  { partition, raw, deadLetters }: PartitionEvidence,
  records: readonly FoundRaw[],
): void {
  const isExcused = ({ poison }: FoundRaw): boolean =>
    poison !== null && poison.outcomes.length > 1 && poison.outcomes.includes('UNDECODABLE')
  const excused = new Set(
    records.filter(one => one.partition === partition && isExcused(one)).map(one => one.offset),
  )
  for (const { letter } of deadLetters) {
    const { offset } = letter.origin
    if (letter.error_code !== 'UNDECODABLE' || !excused.has(offset)) continue
    const fact = raw.find(one => one.offset === offset)
    if (fact !== undefined) fact.delivery = null
  }
}

function emptyEvidence(partitionCount: number): Evidence {
  const perStage = <T>(make: () => T): Map<StageName, T> =>
    new Map(stageNames.map(name => [name, make()]))
  return {
    partitions: Array.from({ length: partitionCount }, (_, partition) => ({
      partition,
      partitionCount,
      rawStart: 0,
      raw: [],
      processedUpTo: 0,
      events: [],
      deadLetters: [],
      state: [],
      unreadable: [],
    })),
    raw: [],
    events: [],
    states: [],
    crm: [],
    entries: [],
    signals: [],
    alerts: [],
    tasks: [],
    letters: perStage(() => []),
    redriven: perStage(() => new Map<number, number>()),
    progress: perStage(() => new Map<number, Progress>()),
    counts: new Map(),
    digests: new Map(),
  }
}

function take(evidence: Evidence, record: CommittedRecord, sources: EvidenceSources): void {
  const { topic, partition, offset } = record
  evidence.counts.set(topic, (evidence.counts.get(topic) ?? 0) + 1)
  evidence.digests.set(at(record), digestOf(record.value))
  const around = evidence.partitions[partition]
  if (around === undefined) throw new Error(`${topic} has more partitions than it was given`)
  const key = record.key?.toString('utf8') ?? ''
  const place = { topic, partition, offset, key }
  if (topic === topics.raw.name) return takeRaw(evidence, around, record, key, sources)
  const changelogStage = stageOfChangelog.get(topic)
  if (changelogStage !== undefined) {
    if (key === '!progress' && record.value !== null) {
      const progress = JSON.parse(record.value.toString('utf8')) as Progress
      evidence.progress.get(changelogStage)?.set(partition, progress)
    }
    return
  }
  if (topic === topics.redrive.name) return takeRedriven(evidence, record)
  const value = record.value === null ? null : sources.schemas.decode(record.value)
  if (topic === topics.state.name) {
    const state = value as ResourceState | null
    evidence.states.push({ ...place, value: state })
    around.state.push({ topic, offset, key, state })
    return
  }
  if (value === null) throw new Error(`${at(record)} has no value`)
  const stage = stageOfLetters.get(topic)
  if (stage !== undefined) {
    const letter = value as DeadLetter
    evidence.letters.get(stage)?.push({ ...place, value: letter })
    if (stage === 'processor') around.deadLetters.push({ topic, offset, letter })
  } else if (eventTopics.has(topic)) {
    const event = value as CommonEvent
    evidence.events.push({ ...place, value: event })
    around.events.push({ topic, offset, key, event })
  } else takeOutput(evidence, { ...place, appendedAtMs: record.timestampMs }, value)
}

function takeRedriven({ redriven }: Evidence, { partition, headers }: CommittedRecord): void {
  const stage = headers[headerNames.stage]?.toString('utf8') as StageName
  const counts = redriven.get(stage)
  counts?.set(partition, (counts.get(partition) ?? 0) + 1)
}

function takeOutput(
  evidence: Evidence,
  place: Omit<Timed<unknown>, 'value'>,
  value: unknown,
): void {
  const { crm, accounting, alertSignals, automation } = topics
  switch (place.topic) {
    case crm.name:
      evidence.crm.push({ ...place, value: value as CrmRecord })
      return
    case accounting.name:
      evidence.entries.push({ ...place, value: value as JournalEntry })
      return
    case alertSignals.name:
      evidence.signals.push({ ...place, value: value as AlertSignal })
      return
    case automation.name:
      evidence.tasks.push({ ...place, value: value as Task })
      return
    default:
      evidence.alerts.push({ ...place, value: value as Alert })
  }
}

function takeRaw(
  evidence: Evidence,
  around: PartitionEvidence,
  record: CommittedRecord,
  key: string,
  { schemas, keys, poisonOf }: EvidenceSources,
): void {
  const { topic, partition, offset, timestampMs, value, headers } = record
  const mark = headers[poisonHeader]?.toString('utf8') ?? ''
  const expected = mark === '' ? null : poisonOf(mark)
  const poison = expected === null ? null : { ...expected, mark }
  // Bytes made to hurt a decoder are not given to this one either.
  const isPoisonous = poison?.outcomes.length === 1 && poison.outcomes[0] === 'UNDECODABLE'
  let delivery: RawDelivery | null = null
  if (value !== null && !isPoisonous) {
    try {
      delivery = schemas.decode(value) as RawDelivery
    } catch {
      // The model expects a dead letter for it.
    }
  }
  const provenance = provenanceOf(record, keys)
  around.raw.push({ offset, appendedAtMs: timestampMs, key, provenance, delivery })
  evidence.raw.push({ topic, partition, offset, key, value: delivery, poison })
}

function provenanceOf({ key, value, headers }: CommittedRecord, keys: Keys): string {
  const mac = headers['fleet_mac']
  const keyId = headers['fleet_mac_kid']
  if (mac === undefined || keyId === undefined) return 'PROVENANCE_MISSING'
  if (keyId.toString('utf8') !== keys.provenanceKeyId) return 'PROVENANCE_KEY_UNKNOWN'
  const expected = provenanceMacOf(keys.provenanceKey, key, value)
  return expected.equals(mac) ? 'ok' : 'PROVENANCE_INVALID'
}

/** The MAC of a raw record, written down once more from its definition. */
export function provenanceMacOf(secret: Buffer, key: Buffer | null, value: Buffer | null): Buffer {
  const mac = createHmac('sha256', secret)
  mac.update('fleet-mac-v1')
  for (const part of [Buffer.from('fleet.raw'), key, value]) {
    const bytes = part ?? Buffer.alloc(0)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    mac.update(length).update(bytes)
  }
  return mac.digest()
}
