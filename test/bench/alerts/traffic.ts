// Six weeks of a car-sharing business as a seed makes it: daily and weekly seasons, busy and quiet days, a
// holiday, late deliveries, and exactly one outage and one flood, with labels of what really happened.
// Nothing here is taken from the detectors: no import, no constant.

import type { Domain } from '@fleet/contracts'

import { Chance } from './chance.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export const weeks = 6
/** A Monday; which one does not matter. */
export const beginMs = Date.UTC(2026, 0, 5)
export const endMs = beginMs + weeks * 7 * dayMs
/** Nothing special happens before: it takes weeks to know what is usual. */
const firstIncidentDay = 22

export interface TrafficEvent {
  arrivesMs: number
  atMs: number
  tenant: string
  source: string
  domain: Domain
  type: string
  resourceType: string
  resourceId: string
  eventId: string
  vehicleId: string | null
  dueMs: number | null
  isNewest: boolean
}

export type Label =
  | { kind: 'outage'; tenant: string; source: string; fromMs: number; toMs: number }
  | {
      kind: 'flood'
      of: 'no-shows' | 'disputes' | 'failures'
      tenant: string
      vehicle: string | null
      fromMs: number
      toMs: number
    }
  /** A car that was not brought back for hours. */
  | { kind: 'overdue'; tenant: string; session: string; fromMs: number; toMs: number }
  /** What the outage withheld of a session: it may alarm and need not. */
  | { kind: 'withheld'; tenant: string; session: string; fromMs: number; toMs: number }

export interface Traffic {
  events: TrafficEvent[]
  labels: Label[]
}

interface Tenant {
  name: string
  cars: number
  rentalsPerHour: number
  disputesPerHour: number
  noShowShare: number
  phaseHours: number
  weekendFactor: number
  dayFactors: number[]
}

export function trafficOf(seed: number): Traffic {
  const chance = new Chance(seed)
  const events: TrafficEvent[] = []
  const labels: Label[] = []
  const tenants = ['north', 'south', 'harbour'].map(name => tenantOf(chance, name))
  for (const tenant of tenants) {
    rentals(chance, tenant, events, labels)
    disputes(chance, tenant, events)
    cars(chance, tenant, events)
  }
  const [outageDay, floodDay] = incidentDays(chance)
  flood(chance, chance.pick(tenants), floodDay, events, labels)
  for (const event of events) {
    if (chance.share(0.02)) event.arrivesMs += chance.between(1, 40) * minuteMs
  }
  outage(chance, chance.pick(tenants), outageDay, events, labels)
  const arrived = events
    .filter(({ arrivesMs }) => arrivesMs < endMs)
    .toSorted((a, b) => a.arrivesMs - b.arrivesMs || (a.eventId < b.eventId ? -1 : 1))
  const newest = new Map<string, number>()
  for (const event of arrived) {
    const resource = `${event.tenant}/${event.resourceType}/${event.resourceId}`
    event.isNewest = event.atMs >= (newest.get(resource) ?? 0)
    if (event.isNewest) newest.set(resource, event.atMs)
  }
  return { events: arrived, labels }
}

function tenantOf(chance: Chance, name: string): Tenant {
  const days = weeks * 7
  const dayFactors = Array.from({ length: days }, () => Math.exp(0.15 * chance.normal()))
  const holiday = chance.integer(0, days - 1)
  dayFactors[holiday] = (dayFactors[holiday] ?? 1) * 0.45
  return {
    name,
    cars: chance.integer(12, 25),
    rentalsPerHour: chance.between(2, 7),
    disputesPerHour: chance.between(0.15, 0.9),
    noShowShare: chance.between(0.02, 0.06),
    phaseHours: chance.between(-3, 3),
    weekendFactor: chance.pick([0.5, 0.8, 1.4]),
    dayFactors,
  }
}

/** Around 1: humps in the morning and in the evening, almost nothing at night. */
function season(tenant: Tenant, atMs: number): number {
  const day = Math.floor((atMs - beginMs) / dayMs)
  const hour =
    (((atMs - beginMs) / hourMs + tenant.phaseHours) % 24) + (tenant.phaseHours < 0 ? 24 : 0)
  const hump = (centre: number, width: number): number =>
    Math.exp(-(((hour % 24) - centre) ** 2) / (2 * width ** 2))
  const daily = 0.08 + 1.5 * hump(8.5, 2.2) + 1.9 * hump(17.5, 3)
  const isWeekend = day % 7 >= 5
  return daily * (isWeekend ? tenant.weekendFactor : 1) * (tenant.dayFactors[day] ?? 1)
}

/** Arrivals at a rate that follows the season, hour by hour a little busier or quieter than that. */
function* arrivals(chance: Chance, tenant: Tenant, perHour: number): Generator<number> {
  for (let hourAt = beginMs; hourAt < endMs; hourAt += hourMs) {
    const mean = perHour * season(tenant, hourAt + hourMs / 2) * Math.exp(0.2 * chance.normal())
    const count = chance.poisson(mean)
    for (let n = 0; n < count; n++) yield hourAt + chance.between(0, 1) * hourMs
  }
}

let serial = 0

function say(
  events: TrafficEvent[],
  about: Pick<TrafficEvent, 'tenant' | 'source' | 'resourceType' | 'resourceId'>,
  domain: Domain,
  type: string,
  atMs: number,
  rest: { vehicleId?: string; dueMs?: number } = {},
): void {
  serial++
  events.push({
    ...about,
    domain,
    type,
    atMs,
    arrivesMs: atMs,
    eventId: `e${serial}`,
    isNewest: true,
    vehicleId: rest.vehicleId ?? null,
    dueMs: rest.dueMs ?? null,
  })
}

function rentals(chance: Chance, tenant: Tenant, events: TrafficEvent[], labels: Label[]): void {
  let number = 0
  for (const atMs of arrivals(chance, tenant, tenant.rentalsPerHour)) {
    const id = `${tenant.name}-${++number}`
    const source = chance.share(0.65) ? 'app' : 'partner'
    const whose = { tenant: tenant.name, source }
    const reservation = { ...whose, resourceType: 'reservation', resourceId: `R-${id}` }
    say(events, reservation, 'reservation', 'reservation.created', atMs)
    const pickUpMs = atMs + chance.between(0.1, 1.5) * hourMs
    if (chance.share(tenant.noShowShare)) {
      say(events, reservation, 'reservation', 'reservation.no_show', pickUpMs)
      continue
    }
    const session = { ...whose, resourceType: 'rental_session', resourceId: `S-${id}` }
    drive(chance, session, pickUpMs, events, labels)
  }
}

function drive(
  chance: Chance,
  session: Pick<TrafficEvent, 'tenant' | 'source' | 'resourceType' | 'resourceId'>,
  pickUpMs: number,
  events: TrafficEvent[],
  labels: Label[],
): void {
  const rental = (type: string, atMs: number, dueMs?: number): void =>
    say(
      events,
      session,
      'rental_session',
      `rental_session.${type}`,
      atMs,
      dueMs === undefined ? {} : { dueMs },
    )
  rental('checkin_started', pickUpMs)
  const beganMs = pickUpMs + chance.between(2, 25) * minuteMs
  let dueMs = beganMs + chance.between(0.5, 9) * hourMs
  rental('active', beganMs, dueMs)
  let earliestMs = beganMs + 10 * minuteMs
  if (chance.share(0.1)) {
    const extendedMs = chance.between(beganMs, dueMs)
    earliestMs = Math.max(earliestMs, extendedMs + 5 * minuteMs)
    dueMs += chance.between(0.5, 3) * hourMs
    rental('extended', extendedMs, dueMs)
  }
  const isForgotten = chance.share(0.004)
  const backMs = isForgotten
    ? dueMs + chance.between(3, 20) * hourMs
    : Math.max(earliestMs, dueMs + chance.between(-50, 25) * minuteMs)
  if (isForgotten) {
    const { tenant, resourceId: name } = session
    labels.push({ kind: 'overdue', tenant, session: name, fromMs: dueMs, toMs: backMs })
  }
  rental('checkout_started', backMs)
  rental('completed', backMs + chance.between(2, 20) * minuteMs)
}

function disputes(chance: Chance, tenant: Tenant, events: TrafficEvent[]): void {
  let number = 0
  for (const atMs of arrivals(chance, tenant, tenant.disputesPerHour)) {
    const resourceId = `V-${tenant.name}-${++number}`
    const about = { tenant: tenant.name, source: 'app', resourceType: 'violation', resourceId }
    say(events, about, 'violation', 'violation.disputed', atMs)
  }
}

/** Cars report day and night; now and then one of them can't. */
function cars(chance: Chance, tenant: Tenant, events: TrafficEvent[]): void {
  for (let car = 1; car <= tenant.cars; car++) {
    let atMs = beginMs + chance.between(0, 2) * hourMs
    while (atMs < endMs) {
      const type = chance.share(0.03) ? 'signal_failed' : 'state_reported'
      say(events, carOf(tenant, car), 'vehicle', `vehicle.${type}`, atMs)
      atMs += chance.between(1, 5) * hourMs
    }
  }
}

function carOf(tenant: Tenant, car: number) {
  const resourceId = `car-${tenant.name}-${car}`
  return { tenant: tenant.name, source: 'cars', resourceType: 'vehicle', resourceId }
}

/** Two days, days apart. */
function incidentDays(chance: Chance): [outage: number, flood: number] {
  const last = weeks * 7 - 3
  const first = chance.integer(firstIncidentDay, last - 4)
  const second = chance.integer(first + 3, last)
  return chance.share(0.5) ? [first, second] : [second, first]
}

function flood(
  chance: Chance,
  tenant: Tenant,
  day: number,
  events: TrafficEvent[],
  labels: Label[],
): void {
  const of = chance.pick(['no-shows', 'disputes', 'failures'] as const)
  const fromMs = beginMs + day * dayMs + chance.between(0, 24) * hourMs
  const toMs = fromMs + chance.between(25, 110) * minuteMs
  const count = of === 'failures' ? chance.integer(10, 40) : chance.integer(25, 80)
  const car = chance.integer(1, tenant.cars)
  const isCommand = chance.share(0.5)
  for (let n = 1; n <= count; n++) {
    const atMs = chance.between(fromMs, toMs)
    const whose = { tenant: tenant.name, source: 'app' }
    if (of === 'no-shows') {
      const about = { ...whose, resourceType: 'reservation', resourceId: `R-flood-${n}` }
      say(events, about, 'reservation', 'reservation.no_show', atMs)
    } else if (of === 'disputes') {
      const about = { ...whose, resourceType: 'violation', resourceId: `V-flood-${n}` }
      say(events, about, 'violation', 'violation.disputed', atMs)
    } else if (isCommand) {
      const about = { ...whose, resourceType: 'command', resourceId: `C-flood-${n}` }
      const vehicleId = carOf(tenant, car).resourceId
      say(events, about, 'vehicle', 'vehicle.command_failed', atMs, { vehicleId })
    } else say(events, carOf(tenant, car), 'vehicle', 'vehicle.signal_failed', atMs)
  }
  const vehicle = of === 'failures' ? carOf(tenant, car).resourceId : null
  labels.push({ kind: 'flood', of, tenant: tenant.name, vehicle, fromMs, toMs })
}

/** Nothing of one source comes. It ends when it has lasted its time and withheld something worth it. */
function outage(
  chance: Chance,
  tenant: Tenant,
  day: number,
  events: TrafficEvent[],
  labels: Label[],
): void {
  const source = chance.pick(['app', 'partner', 'cars'])
  const fromMs = beginMs + day * dayMs + chance.between(0, 24) * hourMs
  const own = events
    .filter(event => event.tenant === tenant.name && event.source === source)
    .filter(({ arrivesMs }) => arrivesMs >= fromMs)
    .toSorted((a, b) => a.arrivesMs - b.arrivesMs)
  const lastOfMany = own[chance.integer(50, 120)]?.arrivesMs ?? endMs
  const toMs = Math.max(fromMs + chance.between(2, 9) * hourMs, lastOfMany)
  const isMadeUpFor = chance.share(0.5)
  for (const event of own) {
    if (event.arrivesMs > toMs) break
    const { arrivesMs } = event
    event.arrivesMs = isMadeUpFor ? toMs + chance.between(0, 10) * minuteMs : Infinity
    if (event.resourceType !== 'rental_session') continue
    const end = isMadeUpFor ? event.arrivesMs : endMs
    const whose = { tenant: tenant.name, session: event.resourceId }
    labels.push({ kind: 'withheld', ...whose, fromMs: arrivesMs, toMs: end })
  }
  labels.push({ kind: 'outage', tenant: tenant.name, source, fromMs, toMs })
}
