// Smartcar's v4 webhooks: VEHICLE_STATE, VEHICLE_ERROR and the VERIFY challenge. Our own event types of
// the vehicle domain are accepted as well, because the source has no word for them.

import { microsPerMilli } from '@fleet/contracts'
import { parseTime } from '@fleet/sources'
import type { SampleEvent } from './event-body.ts'

type Fields = Record<string, unknown>

const eventTypes: Readonly<Record<string, string>> = {
  'vehicle.state_reported': 'VEHICLE_STATE',
  'vehicle.signal_failed': 'VEHICLE_STATE',
  'vehicle.reauthentication_required': 'VEHICLE_ERROR',
  'vehicle.error_resolved': 'VEHICLE_ERROR',
}

export function smartcarBody(event: SampleEvent): Fields {
  const eventType = eventTypes[event.type] ?? event.type
  if (eventType === 'VERIFY') return verifyBody(event)
  const vehicle = { id: event.resourceId, make: 'TESLA', model: 'Model 3', year: 2024 }
  const extra = eventType === 'VEHICLE_ERROR' ? errorData(event) : stateData(event)
  const data: Fields = { user: { id: 'user-1' }, vehicle, ...extra }
  const { signals } = data
  return {
    eventId: event.eventId,
    eventType,
    data,
    meta: {
      ...meta(event),
      // Only an error's time is the delivery's; a state's is that of its signals.
      deliveredAt: eventType === 'VEHICLE_ERROR' ? occurredAt(event) : event.nowMs,
      ...(Array.isArray(signals) ? { signalCount: signals.length } : {}),
    },
  }
}

function verifyBody(event: SampleEvent): Fields {
  return {
    eventId: event.eventId,
    eventType: 'VERIFY',
    data: { challenge: event.resourceId, ...event.data },
    meta: { ...meta(event), deliveredAt: event.nowMs },
  }
}

function meta(event: SampleEvent): Fields {
  return {
    version: '4.0',
    deliveryId: event.deliveryId,
    webhookId: 'webhook-1',
    webhookName: 'fleet',
    mode: event.mode ?? 'LIVE',
  }
}

function stateData(event: SampleEvent): Fields {
  const given = event.data ?? {}
  const signals = Array.isArray(given['signals'])
    ? given['signals']
    : [event.type === 'vehicle.signal_failed' ? failedSignal : odometer]
  const observedAt = { oemUpdatedAt: occurredAt(event), retrievedAt: event.nowMs }
  return {
    triggers: [{ code: 'odometer-traveleddistance', name: 'TraveledDistance', group: 'Odometer' }],
    ...given,
    signals: signals.map((signal: unknown) => {
      const isObject = typeof signal === 'object' && signal !== null
      return isObject && !('meta' in signal) ? { ...signal, meta: observedAt } : signal
    }),
  }
}

const odometerName = {
  code: 'odometer-traveleddistance',
  name: 'TraveledDistance',
  group: 'Odometer',
}
const odometer: Fields = {
  ...odometerName,
  status: { value: 'SUCCESS' },
  body: { value: 12_345.6, unit: 'km' },
}
const failedSignal: Fields = {
  ...odometerName,
  status: { value: 'ERROR', error: { type: 'UPSTREAM', code: 'UPSTREAM_ERROR' } },
}

function errorData(event: SampleEvent): Fields {
  const error = {
    type: 'CONNECTED_SERVICES_ACCOUNT',
    code: 'AUTHENTICATION_FAILED',
    state: event.type === 'vehicle.error_resolved' ? 'RESOLVED' : 'ERROR',
    description: 'The connection to the vehicle was lost.',
    suggestedUserMessage: 'Please connect your vehicle again.',
    docURL: null,
    resolution: { type: 'REAUTHENTICATE' },
    signals: [],
  }
  return { errors: [error], ...event.data }
}

/** Milliseconds as Smartcar writes them; a text that is no time goes through as it is. */
function occurredAt(event: SampleEvent): number | string {
  if (event.occurredAt === null) return event.nowMs
  const micros = parseTime(event.occurredAt)
  return micros === null ? event.occurredAt : Math.floor(micros / microsPerMilli)
}
