// The event types the CRM understands, by domain, and the CRM entity each domain is about.
// A type that is not here is still kept as history; it never becomes a status.

export const crmDomains = [
  'reservation',
  'rental_session',
  'incident',
  'violation',
  'customer',
] as const
export type CrmDomain = (typeof crmDomains)[number]

export type EntityType =
  'contact' | 'reservation' | 'rental_session' | 'incident' | 'claim' | 'violation'

export const knownActions: Record<CrmDomain, readonly string[]> = {
  reservation: ['created', 'updated', 'canceled', 'no_show', 'accepted', 'refused'],
  rental_session: [
    'checkin_started',
    'active',
    'extended',
    'completed',
    'canceled',
    'expired',
    'checkout_started',
  ],
  incident: ['reported', 'damage_reported', 'claim_opened', 'claim_resolved'],
  violation: ['matched', 'disputed', 'charged'],
  customer: ['created', 'updated', 'deleted'],
}

/** The action of a known type (`no_show` of `reservation.no_show`); null for any other type. */
export function knownActionOf(domain: CrmDomain, eventType: string): string | null {
  const prefix = `${domain}.`
  if (!eventType.startsWith(prefix)) return null
  const action = eventType.slice(prefix.length)
  return knownActions[domain].includes(action) ? action : null
}

export function entityTypeOf(domain: CrmDomain, eventType: string): EntityType {
  if (domain === 'customer') return 'contact'
  if (domain === 'incident' && isAboutClaim(eventType)) return 'claim'
  return domain
}

/** `incident.claim_*`, and a source's own types about claims (`claim.*`). */
function isAboutClaim(eventType: string): boolean {
  return /^(incident\.)?claim[._]/.test(eventType)
}
