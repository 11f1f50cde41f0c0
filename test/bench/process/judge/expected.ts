// What a correct processor makes of the events: a model of a few lines that shares nothing with the
// processor. Each id once in its domain; of each resource the event with the latest time.

export interface Expected {
  readonly events: number
  /** Domain by event id. */
  readonly domainOf: ReadonlyMap<string, string>
  /** Id of the newest event by resource id. */
  readonly newestOf: ReadonlyMap<string, string>
}

interface Event {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly resource_id: string
}

export async function expectedOf(
  texts: Iterable<string> | AsyncIterable<string>,
): Promise<Expected> {
  const domainOf = new Map<string, string>()
  const newest = new Map<string, { id: string; at: string }>()
  let count = 0
  for await (const text of texts) {
    const event = JSON.parse(text) as Event
    count++
    domainOf.set(event.event_id, event.event_type.split('.')[0] ?? '')
    const known = newest.get(event.resource_id)
    // ISO 8601 of one width compares as text; two events of one resource never share a time.
    if (known === undefined || event.occurred_at > known.at) {
      newest.set(event.resource_id, { id: event.event_id, at: event.occurred_at })
    }
  }
  const newestOf = new Map([...newest].map(([resource, { id }]) => [resource, id]))
  return { events: count, domainOf, newestOf }
}
