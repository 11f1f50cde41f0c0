// How far an event type stands in the life of its resource. Breaks ties between events of the same instant,
// so a changed rank changes winners: it must give the same answer for ever.

/** Rank of a type that no table below names. */
const otherRank = 1

const ranks: ReadonlyMap<string, number> = new Map([
  ['reservation.created', 0],
  ['reservation.updated', 1],
  ['reservation.accepted', 2],
  ['reservation.refused', 2],
  ['reservation.no_show', 3],
  ['reservation.canceled', 4],

  ['rental_session.checkin_started', 0],
  ['rental_session.active', 1],
  ['rental_session.extended', 2],
  ['rental_session.checkout_started', 3],
  ['rental_session.completed', 4],
  ['rental_session.canceled', 4],
  ['rental_session.expired', 4],

  ['incident.reported', 0],
  ['incident.damage_reported', 0],
  ['incident.claim_opened', 1],
  ['incident.claim_resolved', 2],

  ['violation.matched', 0],
  ['violation.disputed', 1],
  ['violation.charged', 2],

  ['billing.payment_pre_authorized', 0],
  ['billing.charge_failed', 1],
  ['billing.charge_succeeded', 2],
  ['billing.adjustment_posted', 3],
  ['billing.refund_processed', 4],

  ['customer.created', 0],
  ['customer.updated', 1],
  ['customer.deleted', 2],

  ['location.created', 0],
  ['location.updated', 1],
  ['location.deleted', 2],

  ['vehicle_availability.window_released', 1],
])

/** In this domain only a release ranks above the rest, known to us or not. */
const lowByDefault = /^vehicle_availability[._]/

/** The rank of a normalized event type, known or not. */
export function rankOf(eventType: string): number {
  return ranks.get(eventType) ?? (lowByDefault.test(eventType) ? 0 : otherRank)
}
