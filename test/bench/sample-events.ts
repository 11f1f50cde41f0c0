// Webhook bodies of about 900 bytes for measuring: six domains, nested data, 20 % repeats of an
// event id and 10 % late ones. The same seed gives the same bytes.

const domains = [
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
const resources = 50_000
const startMs = Date.UTC(2026, 0, 5)

export interface SampleEvent {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly resource_id: string
}

/** mulberry32 */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

/** One body a line, as a sender writes it. */
export function* sampleBodies(count: number): Generator<string> {
  const below = seeded(0x2545f491)
  const repeats: { due: number; event: SampleEvent }[] = []
  for (let position = 0; position < count; position++) {
    const repeat = repeats[0]
    if (repeat !== undefined && repeat.due <= position) {
      repeats.shift()
      yield JSON.stringify({ ...repeat.event, delivery_attempt: 2 })
      continue
    }
    const event = sampleEvent(position, below)
    if (below(4) === 0) repeats.push({ due: position + 400, event })
    yield JSON.stringify(event)
  }
}

function sampleEvent(position: number, below: (limit: number) => number): SampleEvent {
  const resource = below(resources)
  const domain = resource % domains.length
  const lateMs = below(10) === 0 ? 5000 : 0
  const event = {
    event_id: `evt_${hex(24, below)}`,
    event_type: eventTypes[domain] ?? '',
    occurred_at: new Date(startMs + position * 10 - lateMs).toISOString(),
    resource_id: `${domains[domain]}-${String(resource).padStart(6, '0')}`,
    tenant_id: `tenant-${resource % 200}`,
    delivery_attempt: 1,
    data: sampleData(below),
  }
  return event
}

function sampleData(below: (limit: number) => number): object {
  const fraction = (): number => below(4_294_967_296) / 4_294_967_296
  return {
    vehicle: {
      id: `veh-${hex(8, below)}`,
      vin: hex(17, below).toUpperCase(),
      plate: `ABC${below(9999)}`,
      odometer_km: below(200_000),
      battery_pct: below(101),
      location: {
        lat: 52 + fraction(),
        lng: 13 + fraction(),
        accuracy_m: below(50),
        zone: `zone-${below(400)}`,
      },
    },
    customer: {
      id: `cus-${hex(12, below)}`,
      segment: ['private', 'business', 'fleet'][below(3)],
      country: 'DE',
      locale: 'de-DE',
      verified: below(10) > 0,
    },
    pricing: {
      currency: 'EUR',
      net_cents: below(20_000),
      vat_cents: below(4000),
      gross_cents: below(24_000),
      tariff: `tariff-${below(30)}`,
      promo: below(10) < 3 ? `PROMO${below(999)}` : null,
    },
    lines: [0, 1].map(() => ({
      sku: `sku-${below(500)}`,
      qty: 1 + below(3),
      cents: below(9999),
      note: hex(20, below),
    })),
    source: {
      system: 'partner-api',
      version: `4.${below(20)}.${below(10)}`,
      request_id: hex(32, below),
      ip: `10.${below(255)}.${below(255)}.${below(255)}`,
    },
  }
}

function hex(length: number, below: (limit: number) => number): string {
  let text = ''
  while (text.length < length) text += below(0x10000000).toString(16).padStart(7, '0')
  return text.slice(0, length)
}
