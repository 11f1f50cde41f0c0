// What a CRM record says beyond status and customer: the ids the event itself names, and how bad it was
// and why: as the source sent it, and beside that in the words of the taxonomy. What was sent is this
// event's alone; the words of the taxonomy are the entity's, so that its newest record tells them.

import type { CrmRecord } from '@fleet/contracts'

import type { CrmEvent } from './crm-event.ts'
import type { EntityFact } from './memory.ts'
import { read, readCategory } from './taxonomy.ts'
import type { Reading, Taxonomy } from './taxonomy.ts'

type Ids = Pick<CrmRecord, 'reservation_id' | 'rental_session_id'>

type Sent = Pick<CrmRecord, 'severity' | 'category'>

type Words = Pick<
  CrmRecord,
  | 'taxonomy_version'
  | 'taxonomy_category'
  | 'category_match'
  | 'taxonomy_severity'
  | 'severity_match'
>

export function idsOf({ domain, event }: CrmEvent): Ids {
  switch (domain) {
    case 'reservation':
      return { reservation_id: event.resource.id, rental_session_id: null }
    case 'rental_session':
      return { reservation_id: event.reservation_id, rental_session_id: event.resource.id }
    case 'incident':
      return { reservation_id: event.reservation_id, rental_session_id: event.rental_session_id }
    case 'violation':
      return { reservation_id: null, rental_session_id: event.rental_session_id }
    case 'customer':
      return { reservation_id: null, rental_session_id: null }
  }
}

/** In the source's own words, whatever the taxonomy makes of them. */
export function sentOf({ domain, event }: CrmEvent): Sent {
  switch (domain) {
    case 'reservation':
    case 'rental_session':
      return { severity: null, category: event.reason }
    case 'incident':
      return { severity: event.severity, category: event.category }
    case 'violation':
      return { severity: null, category: event.violation_code ?? event.reason }
    case 'customer':
      return { severity: null, category: null }
  }
}

export interface Readings {
  readonly category: Reading
  readonly severity: Reading
}

export function readingsOf(taxonomy: Taxonomy, input: CrmEvent): Readings {
  return {
    category: categoryOf(taxonomy, input),
    severity: read(taxonomy.severity, [sentOf(input).severity]),
  }
}

/** Of what the event does not say, what was said of its entity before. */
export function carriedOver(said: Readings, before: EntityFact | null): Readings {
  return {
    category: said.category.match === null ? (before?.category ?? said.category) : said.category,
    severity: said.severity.match === null ? (before?.severity ?? said.severity) : said.severity,
  }
}

/** Only what was said at all is kept. */
export function keptOf({
  category,
  severity,
}: Readings): Pick<EntityFact, 'category' | 'severity'> {
  return {
    ...(category.match === null ? {} : { category }),
    ...(severity.match === null ? {} : { severity }),
  }
}

export function wordsOf(taxonomy: Taxonomy, { category, severity }: Readings): Words {
  return {
    taxonomy_version: taxonomy.version,
    taxonomy_category: category.value,
    category_match: category.match,
    taxonomy_severity: severity.value,
    severity_match: severity.match,
  }
}

function categoryOf(taxonomy: Taxonomy, { domain, event }: CrmEvent): Reading {
  switch (domain) {
    case 'reservation':
    case 'rental_session':
      return readCategory(taxonomy, domain, event.event_type, [event.reason])
    case 'incident':
      return readCategory(taxonomy, domain, event.event_type, [event.category])
    case 'violation':
      return readCategory(taxonomy, domain, event.event_type, [event.violation_code, event.reason])
    case 'customer':
      return { value: null, match: null }
  }
}
