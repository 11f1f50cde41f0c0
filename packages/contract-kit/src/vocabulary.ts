// Which texts are known to come in a field that is open to any: the event types we have names for. A
// source may send others, which is why a consumer says what it does with them.

import { topics } from '@fleet/contracts'
import type { Domain } from '@fleet/contracts'
import type { Catalog } from './check.ts'

/** `known`: every event type we have a name for, and its domain. */
export function eventTypeVocabulary(known: ReadonlyMap<string, Domain>): Catalog['vocabulary'] {
  const domainOf = new Map<string, Domain>()
  for (const domain of new Set(known.values())) domainOf.set(topics.events[domain].name, domain)
  return (topic, path) => {
    if (path !== 'event_type') return null
    const domain = domainOf.get(topic)
    const types = [...known.keys()]
    return domain === undefined ? types : types.filter(type => known.get(type) === domain)
  }
}
