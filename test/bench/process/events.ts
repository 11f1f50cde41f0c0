// Webhook events as one JSON text each, always the same for the same plan: redelivered ids, events
// older than the newest of their resource, six domains. Nothing here knows Kafka.

export const eventDomains = [
  'reservation',
  'rental_session',
  'vehicle_availability',
  'incident',
  'violation',
  'billing',
] as const

const eventTypes = [
  'reservation.created',
  'rental_session.updated',
  'vehicle_availability.changed',
  'incident.reported',
  'violation.issued',
  'billing.charged',
] as const

export interface EventPlan {
  readonly count: number
  readonly resources: number
  /** Share of all events that repeat an earlier event id. */
  readonly repeatedShare: number
  /** Share of the fresh events that are older than the newest of their resource. */
  readonly lateShare: number
  /** Characters of filling in `data`; 600 makes an event of about 900 bytes. */
  readonly dataLength: number
  readonly seed?: number
  /** Part of every event id, so that two plans share none. */
  readonly idPrefix?: string
}

/** What comparisons use unless they say otherwise. */
export const usualPlan: Omit<EventPlan, 'count'> = {
  resources: 50_000,
  repeatedShare: 0.2,
  lateShare: 0.125,
  dataLength: 600,
}

/** Milliseconds; each fresh event is one step later. */
const startMs = Date.UTC(2026, 0, 5)
const stepMs = 10
/** A repeated event comes at most this many events after its first delivery. */
const repeatWithin = 4000
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** mulberry32: small, fast, the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function* events(plan: EventPlan): IterableIterator<string> {
  const random = randomFrom(plan.seed ?? 1)
  const whole = (below: number): number => Math.floor(random() * below)
  const newestMs = new Float64Array(plan.resources)
  const recent: string[] = []
  let fresh = 0
  for (let position = 0; position < plan.count; position++) {
    if (recent.length > 0 && random() < plan.repeatedShare) {
      yield recent[whole(recent.length)] ?? ''
      continue
    }
    const resource = whole(plan.resources)
    const newest = newestMs[resource] ?? 0
    const isLate = newest > 0 && random() < plan.lateShare
    const atMs = isLate ? newest - 1 - whole(5000) : startMs + fresh * stepMs
    if (!isLate) newestMs[resource] = atMs
    const text = eventText(plan, { fresh, resource, atMs, fill: filling(plan.dataLength, random) })
    if (recent.length < repeatWithin) recent.push(text)
    else recent[fresh % repeatWithin] = text
    fresh++
    yield text
  }
}

interface Facts {
  readonly fresh: number
  readonly resource: number
  readonly atMs: number
  readonly fill: string
}

function eventText(plan: EventPlan, { fresh, resource, atMs, fill }: Facts): string {
  const domain = resource % eventDomains.length
  return JSON.stringify({
    event_id: `evt_${plan.idPrefix ?? ''}${fresh.toString(36).padStart(8, '0')}`,
    event_type: eventTypes[domain],
    occurred_at: new Date(atMs).toISOString(),
    resource_id: `${eventDomains[domain]}-${String(resource).padStart(6, '0')}`,
    tenant_id: `tenant-${resource % 200}`,
    delivery_attempt: 1,
    data: {
      vehicle: { id: `veh-${resource}`, odometer_km: fresh % 200_000, battery_pct: fresh % 101 },
      customer: { id: `cus-${fresh % 9973}`, country: 'DE', verified: fresh % 10 !== 0 },
      pricing: { currency: 'EUR', net_cents: fresh % 20_000, promo: null },
      note: fill,
    },
  })
}

function filling(length: number, random: () => number): string {
  let text = ''
  while (text.length < length) {
    text += (alphabet[Math.floor(random() * alphabet.length)] ?? '').repeat(8)
  }
  return text.slice(0, length)
}
