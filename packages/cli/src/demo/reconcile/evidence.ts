// What the topics say about one run, read but not judged. No counter of a service is believed.

import { domains, stageNames, topics } from '@fleet/contracts'
import type {
  Alert,
  AlertSignal,
  Coordinates,
  CrmRecord,
  DeadLetter,
  Domain,
  JournalEntry,
  RawDelivery,
  StageName,
  Task,
  Topic,
} from '@fleet/contracts'
import type { CommonEvent } from '../../verify/evidence.ts'

export interface Fact<Value> {
  at: Coordinates
  value: Value
}

export interface RawRecord {
  key: string
  delivery: RawDelivery
}

export interface DomainEvent {
  domain: Domain
  event: CommonEvent
}

export interface RunIdentity {
  id: string
  tenantId: string
  /** Of the accepted deliveries. */
  deliveryIds: ReadonlySet<string>
}

export interface NewRecord extends Coordinates {
  key: string
}

/** Files records as they are read. What is not of this run is left out as far as one record can tell. */
export class Evidence {
  readonly raw: Fact<RawRecord>[] = []
  readonly events: Fact<DomainEvent>[] = []
  readonly deadLetters: Fact<DeadLetter>[] = []
  readonly crm: Fact<CrmRecord>[] = []
  readonly entries: Fact<JournalEntry>[] = []
  readonly tasks: Fact<Task>[] = []
  readonly signals: Fact<AlertSignal>[] = []
  /** Of the tenant; those from before the run too. */
  readonly alerts: Fact<Alert>[] = []
  readonly #run: RunIdentity
  /** Next offset of an input: stage, then topic and partition. */
  readonly #progress = new Map<string, number>()

  constructor(run: RunIdentity) {
    this.#run = run
  }

  file(topic: Topic, record: NewRecord, value: unknown): void {
    const at = { topic: record.topic, partition: record.partition, offset: record.offset }
    const { id, tenantId, deliveryIds } = this.#run
    if (topic === topics.raw) {
      const delivery = value as RawDelivery
      const isOurs = deliveryIds.has(delivery.delivery_id) || mentions(delivery, id)
      if (isOurs) this.raw.push({ at, value: { key: record.key, delivery } })
    } else if (topic === topics.crm) {
      this.crm.push({ at, value: value as CrmRecord })
    } else if (topic === topics.accounting) {
      this.entries.push({ at, value: value as JournalEntry })
    } else if (topic === topics.automation) {
      this.tasks.push({ at, value: value as Task })
    } else if (topic === topics.alertSignals) {
      this.signals.push({ at, value: value as AlertSignal })
    } else if (topic === topics.alerting) {
      const alert = value as Alert
      if (alert.tenant_id === tenantId) this.alerts.push({ at, value: alert })
    } else if (deadLetterTopics.has(topic)) {
      this.deadLetters.push({ at, value: value as DeadLetter })
    } else {
      const domain = domains.find(candidate => topics.events[candidate] === topic)
      const event = value as CommonEvent
      if (domain === undefined) return
      const isOurs = deliveryIds.has(event.lineage.delivery_id) || event.event_id.includes(id)
      if (isOurs) this.events.push({ at, value: { domain, event } })
    }
  }

  /** A stage has decided everything before these offsets, by topic. */
  fileProgress(
    stage: StageName,
    partition: number,
    positions: Readonly<Record<string, number>>,
  ): void {
    for (const [topic, offset] of Object.entries(positions)) {
      this.#progress.set(placeOf(stage, { topic, partition }), offset)
    }
  }

  hasPassed(stage: StageName, at: Coordinates): boolean {
    return (this.#progress.get(placeOf(stage, at)) ?? 0) > at.offset
  }
}

const deadLetterTopics: ReadonlySet<Topic> = new Set(
  stageNames.map(stage => topics.deadLetters[stage]),
)

/** An id of the run is in every body, so records nobody acknowledged are found too. */
function mentions(delivery: RawDelivery, runId: string): boolean {
  return Buffer.from(delivery.body).includes(runId)
}

function placeOf(stage: string, at: { topic: string; partition: number }): string {
  return `${stage} ${at.topic} ${at.partition}`
}
