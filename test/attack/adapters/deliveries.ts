// What the fuzzers start from: an endpoint for every way to verify and identify, and deliveries that are
// valid for it, signed as its sender would.

import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

import { platform } from '@fleet/signatures'
import { parseEndpoints, signDelivery } from '@fleet/sources'
import type { DeliverySecret, Endpoint, RequestHeaders } from '@fleet/sources'

export interface ValidDelivery {
  readonly body: Buffer
  readonly headers: RequestHeaders
}

export interface Sender {
  readonly name: string
  readonly endpoint: Endpoint
  readonly secrets: readonly DeliverySecret[]
  /** What `signature_scheme` may say of its deliveries. */
  readonly schemes: readonly string[]
  readonly deliveries: readonly ValidDelivery[]
  /** Objects without their end, with what identifies a delivery; more members may follow. */
  readonly beginnings: readonly string[]
}

/** The time at which every delivery was signed. */
export const signedAtMs = 1_795_250_000_000
const seconds = signedAtMs / 1000
const eventTime = '2026-11-21T08:30:00.123456Z'

const base = { tenant_id: 'demo', secrets: [{ id: 'k1', ref: 'file:k1' }] }

function endpointOf(settings: Record<string, unknown>): Endpoint {
  const file = { version: 1, endpoints: [{ ...base, ...settings }] }
  const reading = parseEndpoints(JSON.stringify(file), 'development')
  if (!reading.ok) throw new Error(reading.problems.join('\n'))
  const [endpoint] = reading.endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  return endpoint
}

function secret(id: string, key: Uint8Array): DeliverySecret {
  return { id, key, notBeforeMs: null, notAfterMs: null }
}

const macKey = secret('k1', Buffer.from('a secret of the sender'))

/** Bodies as text where their bytes matter, else as the value they say. */
function bodiesOf(values: readonly unknown[]): Buffer[] {
  return values.map(value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
}

function sender(
  name: string,
  settings: Record<string, unknown>,
  scheme: string,
  values: readonly unknown[],
  beginnings: readonly string[],
): Sender {
  const endpoint = endpointOf({ id: name, source: name, ...settings })
  const deliveries = bodiesOf(values).map(body => {
    const delivery = { body, id: 'msg_1', nowMs: signedAtMs }
    const headers = signDelivery(endpoint, macKey.key, delivery, platform)
    if (headers === null) throw new Error('the key cannot sign')
    return { body, headers }
  })
  return { name, endpoint, secrets: [macKey], schemes: [scheme], deliveries, beginnings }
}

const envelope = {
  event_id: 'evt_1',
  event_type: 'billing.charge_succeeded',
  occurred_at: eventTime,
  resource_id: 'CH 1/ü',
  resource_type: 'Payment',
  subaccount_id: 's1',
  tenant_id: 'someone-else',
  delivery_attempt: 2,
  data: {
    amount: '12.50',
    currency: 'EUR',
    category: 'rental_charge',
    customer_id: 'C1',
    nested: [{ a: [1, 2.5, -0] }, null, true],
  },
}

const envelopes = [
  envelope,
  { ...envelope, event_type: 'reservation.no_show', resource_type: 'booking', mode: 'test' },
  {
    ...envelope,
    event_type: 'location.updated',
    data: { latitude: 47.5, longitude: 19, name: 'x' },
  },
  { ...envelope, event_type: 'claim.resolved', occurred_at: seconds, data: { amount_minor: 5 } },
  '\ufeff{"event_id":7,"event_type":"rental.extended","occurred_at":"1795250000123","resource_id":9,' +
    '"resource_type":"rental","data":{"due_at":"2026-11-21T08:30:00+01:00","\\ud83d\\ude00":"\\u0000"}}',
]

const umpEnvelope = {
  id: 'evt_1',
  type: 'booking_accepted',
  timestamp: eventTime,
  resource: { type: 'booking', id: 'BK1' },
  data: { customer_id: 'C1', amount: 12.5, currency: 'HUF' },
}

const umpEnvelopes = [
  umpEnvelope,
  { ...umpEnvelope, type: 'payment_refunded', meta: { mode: 'SIMULATED' } },
]

const vehicleMeta = { deliveredAt: signedAtMs, deliveryId: 'd1', mode: 'LIVE', version: '4.0' }
const signal = {
  code: 'odometer-traveleddistance',
  name: 'TraveledDistance',
  group: 'Odometer',
  status: { value: 'SUCCESS' },
  body: { value: 1234.5, unit: 'km' },
  meta: { oemUpdatedAt: signedAtMs - 1000, retrievedAt: signedAtMs },
}
const smartcarBodies = [
  {
    eventId: 'evt_1',
    eventType: 'VEHICLE_STATE',
    vehicleId: 'v1',
    data: {
      vehicle: { id: 'v1', make: 'TESLA', model: 'Model 3', year: 2024, vin: 'X' },
      user: { id: 'u1' },
      triggers: [{ type: 'SIGNAL_UPDATED', signal: 'Odometer.TraveledDistance' }],
      signals: [signal, { ...signal, code: 'x', status: { value: 'ERROR', error: { type: 'T' } } }],
    },
    meta: vehicleMeta,
  },
  {
    eventId: 'evt_2',
    eventType: 'VEHICLE_ERROR',
    vehicleId: 'v1',
    data: { errors: [{ type: 'PERMISSION', code: null, state: 'ERROR', signals: ['a', {}] }] },
    meta: vehicleMeta,
  },
  {
    version: '2.0',
    webhookId: 'w1',
    eventName: 'scheduled',
    payload: {
      vehicles: [
        { vehicleId: 'v1', requestId: 'r1', data: [{ path: '/odometer', body: { distance: 1 } }] },
        { vehicleId: 'v2', data: [{ path: '/battery', code: 200, timestamp: eventTime }] },
      ],
    },
  },
  { eventName: 'eventBased', payload: { eventId: 'e', vehicleId: 'v', eventType: 'GEOFENCE' } },
  { eventType: 'VERIFY', eventId: 'e', data: { challenge: 'abc-DEF_1' }, meta: vehicleMeta },
  { version: '2.0', webhookId: 'w1', eventName: 'verify', payload: { challenge: 'abc' } },
]

const partnerBodies = [
  {
    type: 'contact.created',
    timestamp: eventTime,
    data: { resource_type: 'customer', resource_id: 'C1', email: 'a@example.org' },
  },
  envelope,
]

const genericHead =
  '{"event_id":"e","occurred_at":1795248000,"resource_type":"t","resource_id":"r",'
const genericBeginnings = [
  'billing.charge_succeeded',
  'reservation.created',
  'location.updated',
  'claim.opened',
].map(type => `${genericHead}"event_type":"${type}",`)
const templateBeginnings = genericBeginnings.map(
  head => `${head}"data":{"amount":"1.00","currency":"EUR","nested":[{"a":["r"]}]},`,
)
const umpBeginnings = [
  '{"id":"e","type":"booking_created","timestamp":1795248000,"resource":{"type":"t","id":"r"},',
]
const smartcarBeginnings = [
  ...['VEHICLE_STATE', 'VEHICLE_ERROR', 'VERIFY'].map(
    type =>
      `{"eventId":"e","vehicleId":"v","eventType":"${type}","meta":{"deliveredAt":1795248000000},`,
  ),
  '{"eventName":"dynamic","webhookId":"w","payload":{"vehicles":[{"vehicleId":"v"}]},',
  '{"eventName":"eventBased","payload":{"eventId":"e","vehicleId":"v","eventType":"X"},',
]
const partnerBeginning =
  '{"type":"customer.created","timestamp":"2026-11-21T08:30:00Z",' +
  '"data":{"resource_type":"customer","resource_id":"C1"},'

/** PKCS #8 of an Ed25519 key (RFC 8410) up to the seed. */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A partner who signs with an old MAC key and a private key at once. */
function partner(): Sender {
  const name = 'standard-webhooks'
  const endpoint = endpointOf({ id: name, source: name, adapter: name })
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyHead, Buffer.alloc(32, 5)]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  const old = secret('k1', Buffer.from('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
  const asymmetric = secret('k2', Buffer.from(`whpk_${publicKey.toString('base64')}`))
  const deliveries = bodiesOf(partnerBodies).flatMap(body => {
    const delivery = { body, id: 'msg_1', nowMs: signedAtMs }
    const headers = signDelivery(endpoint, old.key, delivery, platform) ?? {}
    const content = Buffer.concat([Buffer.from(`msg_1.${seconds}.`), body])
    const v1a = `v1a,${sign(null, content, key).toString('base64')}`
    const both = `${v1a} v2,AAAA ${headers['webhook-signature'] ?? ''}`
    return [headers, { ...headers, 'webhook-signature': v1a }].flatMap(each => [
      { body, headers: each },
      { body, headers: { ...headers, 'webhook-signature': both } },
    ])
  })
  const schemes = ['standard-webhooks/v1', 'standard-webhooks/v1a']
  const beginnings = [partnerBeginning, ...genericBeginnings]
  return { name, endpoint, secrets: [old, asymmetric], schemes, deliveries, beginnings }
}

export const senders: readonly Sender[] = [
  sender(
    'generic',
    { adapter: 'generic', signature: { header: 'x-levy-signature', prefix: 'sha256=' } },
    'generic/hmac-sha256',
    envelopes,
    genericBeginnings,
  ),
  sender(
    'generic-template',
    {
      adapter: 'generic',
      signature: {
        header: 'x-signature',
        algorithm: 'hmac-sha1',
        encoding: 'base64url',
        prefix: 'v0=',
        signed_content: 'v0:{id}:{timestamp}:{body}',
        timestamp_header: 'x-time',
        id_header: 'x-delivery',
        freshness_seconds: 300,
      },
      paths: {
        event_id: '$.event_id',
        resource_id: '$.data.nested[0].a[0]',
        delivery_attempt: '$.data.nested[0].a',
      },
      accepted_event_types: ['billing.charge_succeeded', 'location.updated'],
    },
    'generic/hmac-sha1',
    envelopes,
    templateBeginnings,
  ),
  sender('ump', { adapter: 'ump' }, 'ump/hmac-sha256', umpEnvelopes, umpBeginnings),
  sender(
    'smartcar',
    { adapter: 'smartcar', signature: { freshness_seconds: 300 } },
    'smartcar/hmac-sha256',
    smartcarBodies,
    smartcarBeginnings,
  ),
  partner(),
]
