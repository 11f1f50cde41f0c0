// The evidence of a run by what it belongs to: raw records by delivery, outputs by the record they come
// from.

import { topics } from '@fleet/contracts'
import type { Coordinates, CrmRecord, DeadLetter, JournalEntry } from '@fleet/contracts'
import type { DomainEvent, Evidence, Fact, RawRecord } from './evidence.ts'

export class RunIndex {
  readonly evidence: Evidence
  readonly #rawByDelivery: Map<string, Fact<RawRecord>[]>
  readonly #eventsByOrigin: Map<string, Fact<DomainEvent>[]>
  readonly #lettersByOrigin: Map<string, Fact<DeadLetter>[]>
  readonly #crmByOrigin: Map<string, Fact<CrmRecord>[]>
  readonly #entriesByOrigin: Map<string, Fact<JournalEntry>[]>

  constructor(evidence: Evidence) {
    this.evidence = evidence
    this.#rawByDelivery = group(evidence.raw, ({ value }) => value.delivery.delivery_id)
    this.#eventsByOrigin = group(evidence.events, ({ value }) => placeOf(rawOriginOf(value)))
    this.#lettersByOrigin = group(evidence.deadLetters, ({ value }) => placeOf(value.origin))
    this.#crmByOrigin = group(evidence.crm, ({ value }) => placeOf(value.origin))
    this.#entriesByOrigin = group(evidence.entries, ({ value }) => placeOf(value.origin))
  }

  /** In the order of their parts; equal parts in the order they were written. */
  rawOf(deliveryId: string): Fact<RawRecord>[] {
    const records = this.#rawByDelivery.get(deliveryId) ?? []
    return records.toSorted(
      (a, b) =>
        a.value.delivery.part_index - b.value.delivery.part_index || a.at.offset - b.at.offset,
    )
  }

  eventsOf(raw: Coordinates): readonly Fact<DomainEvent>[] {
    return this.#eventsByOrigin.get(placeOf(raw)) ?? []
  }

  /** Of the processor for a raw record, of a sink for an event. */
  lettersOf(origin: Coordinates): readonly Fact<DeadLetter>[] {
    return this.#lettersByOrigin.get(placeOf(origin)) ?? []
  }

  /** What the event itself gave; a record that was written again with its customer is not counted. */
  crmOf(event: Coordinates): readonly Fact<CrmRecord>[] {
    const records = this.#crmByOrigin.get(placeOf(event)) ?? []
    return records.filter(({ value }) => (value.completed_by ?? null) === null)
  }

  entriesOf(event: Coordinates): readonly Fact<JournalEntry>[] {
    return this.#entriesByOrigin.get(placeOf(event)) ?? []
  }

  /** Decided, without an event or a dead letter, behind a published record with the same id. */
  isDuplicate(raw: Fact<RawRecord>): boolean {
    const { evidence } = this
    if (!evidence.hasPassed('processor', raw.at)) return false
    if (this.eventsOf(raw.at).length > 0 || this.lettersOf(raw.at).length > 0) return false
    return evidence.raw.some(
      earlier =>
        earlier.at.partition === raw.at.partition &&
        earlier.at.offset < raw.at.offset &&
        earlier.value.key === raw.value.key &&
        earlier.value.delivery.event_id === raw.value.delivery.event_id &&
        this.eventsOf(earlier.at).length > 0,
    )
  }
}

export function rawOriginOf({ event }: DomainEvent): Coordinates {
  const { raw_partition: partition, raw_offset: offset } = event.lineage
  return { topic: topics.raw.name, partition, offset }
}

export function placeOf({ topic, partition, offset }: Coordinates): string {
  return `${topic}-${partition}@${offset}`
}

function group<Value>(
  facts: readonly Fact<Value>[],
  keyOf: (fact: Fact<Value>) => string,
): Map<string, Fact<Value>[]> {
  const groups = new Map<string, Fact<Value>[]>()
  for (const fact of facts) {
    const key = keyOf(fact)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [fact])
    else known.push(fact)
  }
  return groups
}
