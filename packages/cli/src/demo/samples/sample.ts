// What a sample is: one webhook with everything that must come of it. Expectations are written down by
// hand beside the sample and never computed from what the services do.

import type { Disposition, Domain, Mode } from '@fleet/contracts'

export const demoEndpointIds = ['levy-demo', 'ump-demo', 'smartcar-demo', 'sw-demo'] as const
export type DemoEndpointId = (typeof demoEndpointIds)[number]

/** What a sample shows; the rows of the demo's table. */
export const sampleKinds = [
  'event',
  'duplicate',
  'out of order',
  'equal times',
  'time in the future',
  'unknown type',
  'failed signals',
  'large body',
  'test delivery',
  'id conflict',
  'unusable content',
  'challenge',
  'refused',
] as const
type SampleKind = (typeof sampleKinds)[number]

export interface Sample {
  /** Names it in a complaint; unique within a run. */
  title: string
  kind: SampleKind
  endpointId: DemoEndpointId
  /** Also the webhook-id of Standard Webhooks. */
  eventId: string
  body: Uint8Array
  /** `wrong`: made over other bytes. `stale`: valid, but its time is long past. */
  signing: 'valid' | 'wrong' | 'none' | 'stale'
  /** Beside content type and signature. */
  headers: Readonly<Record<string, string>>
  expected: Expected
}

/** Sent one after the other; no two stories are about the same resource. */
export interface Story {
  title: string
  samples: readonly Sample[]
}

export type Expected =
  /** One raw record each, in the order of their parts. */
  | { answer: 'accepted'; records: readonly ExpectedRecord[] }
  /** A signed challenge is answered and leaves no record. */
  | { answer: 'challenge'; challenge: string }
  | { answer: 'refused'; status: 401 | 413 | 415 }

export type ExpectedRecord = ExpectedEvent | ExpectedDuplicate | ExpectedDeadLetter

type CrmAction = 'UPSERT' | 'HISTORY' | 'ERASE'
type EntryStatus = 'BOOKED' | 'AWAITING_AMOUNT'

export interface ExpectedEvent {
  verdict: 'published'
  domain: Domain
  eventType: string
  disposition: Disposition
  mode: Mode
  /** Null: no record. */
  crm: CrmAction | null
  accounting: EntryStatus | null
}

interface ExpectedDuplicate {
  verdict: 'duplicate'
}

interface ExpectedDeadLetter {
  verdict: 'dead_letter'
  code: string
}

const crmDomains: ReadonlySet<string> = new Set([
  'reservation',
  'rental_session',
  'incident',
  'violation',
  'customer',
])

/** An event of one of our types: CURRENT, an UPSERT where the CRM takes its domain, nothing booked. */
export function current(
  eventType: string,
  differences: Partial<ExpectedEvent> = {},
): ExpectedEvent {
  const domain = differences.domain ?? (eventType.slice(0, eventType.indexOf('.')) as Domain)
  return {
    verdict: 'published',
    domain,
    eventType,
    disposition: 'CURRENT',
    mode: 'LIVE',
    crm: crmDomains.has(domain) ? 'UPSERT' : null,
    accounting: null,
    ...differences,
  }
}

/** It lost on arrival: history for the CRM, and still booked where money moved. */
export function superseded(
  eventType: string,
  differences: Partial<ExpectedEvent> = {},
): ExpectedEvent {
  const expected = current(eventType, differences)
  const crm = expected.crm === null ? null : 'HISTORY'
  return { ...expected, disposition: 'SUPERSEDED', crm, ...differences }
}

/** Published for whoever wants to see tests; no sink takes it. */
export function testEvent(eventType: string): ExpectedEvent {
  return { ...superseded(eventType), mode: 'TEST', crm: null, accounting: null }
}

export const duplicate: ExpectedDuplicate = { verdict: 'duplicate' }

export function deadLetter(code: string): ExpectedDeadLetter {
  return { verdict: 'dead_letter', code }
}

export function refused(status: 401 | 413 | 415): Expected {
  return { answer: 'refused', status }
}

/** What every source's builder gives, for the rest of a sample to be filled in. */
export interface SampleDraft {
  title: string
  endpointId: DemoEndpointId
  eventId: string
  body: Uint8Array
}

export interface SampleOptions {
  kind?: SampleKind
  title?: string
  signing?: Sample['signing']
  headers?: Readonly<Record<string, string>>
}

export function sampleOf(
  draft: SampleDraft,
  expected: Expected | ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  return {
    kind: 'event',
    signing: 'valid',
    headers: {},
    ...draft,
    ...options,
    expected: 'verdict' in expected ? { answer: 'accepted', records: [expected] } : expected,
  }
}
