// From a raw record to a normalized event: the same record always gives the same event, whatever else
// has arrived. Total: any bytes give an event or one of two refusals; it must never throw.

import type { RawDelivery } from '@fleet/contracts'
import { viewOf } from './body-view.ts'
import type { BodyView } from './body-view.ts'
import { adapterOfScheme, defaultFallbackPaths, defaultPaths } from './endpoint.ts'
import type { Adapter, Endpoint } from './endpoint.ts'
import { readEnvelope, readWholeBody } from './normalize/envelope-reading.ts'
import { fingerprintOf } from './normalize/fingerprint.ts'
import type { EnvelopePaths } from './normalize/held-paths.ts'
import { readMode } from './normalize/mode.ts'
import type {
  EncodedEvent,
  EncodedNormalization,
  Normalization,
  NormalizedEvent,
  Refusal,
} from './normalize/normalized-event.ts'
import type { Reading } from './normalize/reading.ts'
import { readSmartcarEvent } from './normalize/smartcar-event.ts'
import { readSmartcarOccurrence, readSmartcarVehicle } from './normalize/smartcar-vehicle.ts'
import { eventTypeOf } from './envelope.ts'
import { toPath } from './paths.ts'
import type { NormalizingPlatform, Platform } from './platform.ts'
import { PlainBody } from './plain-body.ts'
import { isJsonObject, member, parseStrictJson } from './strict-json.ts'
import type { JsonObject } from './strict-json.ts'
import { isEventTime } from './times.ts'

export type {
  EncodedNormalization,
  FieldsOf,
  Normalization,
  NormalizedEvent,
} from './normalize/normalized-event.ts'

/** Raised with every change of what is mapped to what; MAPPINGS.md says what changed. */
export const mapperVersion = '1'

/**
 * `endpoint` is undefined when it has been removed since: then the adapter that signed is taken, with
 * its default paths. Identity always comes from the raw record, never again from the body.
 */
export function normalize(
  raw: RawDelivery,
  endpoint: Endpoint | undefined,
  platform: NormalizingPlatform,
): Normalization {
  const result = normalizeEncoded(raw, endpoint, platform)
  if (!result.ok) return result
  const { attributes, ...rest } = result.event
  const event = { ...rest, attributes: attributes.record, attributesJson: attributes.json }
  return { ok: true, event: event as NormalizedEvent }
}

/** The same, with attributes of which texts are made where they are wanted: for whoever publishes it. */
export function normalizeEncoded(
  raw: RawDelivery,
  endpoint: Endpoint | undefined,
  platform: NormalizingPlatform,
): EncodedNormalization {
  const { event_id: eventId, source_event_type: sourceEventType } = raw
  const { resource_type: resourceType, resource_id: resourceId } = raw
  if (raw.unidentified_reason !== null) {
    return unidentified(`the delivery was not identified: ${raw.unidentified_reason}`)
  }
  if (
    eventId === null ||
    sourceEventType === null ||
    resourceType === null ||
    resourceId === null
  ) {
    return unidentified('the record lacks its event id, event type or resource')
  }
  const occurredAt = raw.occurred_at
  if (occurredAt === null || !isEventTime(occurredAt)) {
    if (bodyOf(raw, platform) === null) return unidentified(noObject)
    const message = 'the time of the event is missing, unreadable or outside 2000–2100'
    return { ok: false, code: 'BAD_TIME', message }
  }
  const read =
    readPlain(raw, sourceEventType, endpoint, platform) ??
    readWhole(raw, sourceEventType, occurredAt, endpoint, platform)
  if (read === null) return unidentified(noObject)

  const { reading } = read
  const resource = { type: resourceType, id: resourceId }
  const event = {
    domain: reading.domain,
    eventId,
    eventType: reading.eventType,
    source: raw.source,
    sourceEventType,
    tenantId: raw.tenant_id,
    subaccountId: reading.subaccountId,
    resource,
    occurredAt,
    mode: readMode(read.body),
    deliveryAttempt: raw.delivery_attempt,
    fields: reading.fields,
    attributes: reading.attributes,
    fingerprint: fingerprintOf(reading, resource, occurredAt, platform),
    mapperVersion,
  }
  // Fields were read for this domain; TypeScript cannot follow the two together.
  return { ok: true, event: event as EncodedEvent }
}

function unidentified(message: string): Refusal {
  return { ok: false, code: 'UNIDENTIFIED', message }
}

const noObject = 'the body is no JSON object'

function bodyOf(raw: RawDelivery, platform: Pick<Platform, 'decodeUtf8'>): JsonObject | null {
  const parsed = parseStrictJson(raw.body, platform)
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : null
}

interface Read {
  readonly body: BodyView
  readonly reading: Reading
}

function adapterOf(raw: RawDelivery, endpoint: Endpoint | undefined): Adapter {
  return endpoint?.adapter ?? adapterOfScheme(raw.signature_scheme)
}

function pathsOf(adapter: Adapter, endpoint: Endpoint | undefined): EnvelopePaths {
  return endpoint ?? { paths: defaultPaths(adapter), fallbackPaths: defaultFallbackPaths(adapter) }
}

/** Of one thread, whose bodies come one after the other. */
let plain: PlainBody | null = null

/** Null: to be read whole. */
function readPlain(
  raw: RawDelivery,
  sourceEventType: string,
  endpoint: Endpoint | undefined,
  platform: Pick<Platform, 'decodeUtf8'>,
): Read | null {
  const adapter = adapterOf(raw, endpoint)
  if (adapter === 'smartcar') return null
  const envelope = pathsOf(adapter, endpoint)
  const data = envelope.paths.data === null ? null : toPath(envelope.paths.data)
  // Data that is no member of the body itself.
  if (data !== null && data.memberName === null) return null
  const body = (plain ??= new PlainBody())
  if (!body.read(raw.body, data === null ? null : data.memberName, platform)) return null
  return { body, reading: readEnvelope(raw, sourceEventType, adapter, body, envelope) }
}

/** Null: the body is no JSON object. */
function readWhole(
  raw: RawDelivery,
  sourceEventType: string,
  occurredAt: number,
  endpoint: Endpoint | undefined,
  platform: Pick<Platform, 'decodeUtf8'>,
): Read | null {
  const json = bodyOf(raw, platform)
  if (json === null) return null
  const adapter = adapterOf(raw, endpoint)
  if (adapter === 'smartcar') {
    const reading = readSmartcar(raw, sourceEventType, occurredAt, json)
    return { body: viewOf(json, null), reading }
  }
  const envelope = pathsOf(adapter, endpoint)
  const body = readWholeBody(json, envelope.paths.data)
  return { body, reading: readEnvelope(raw, sourceEventType, adapter, body, envelope) }
}

function readSmartcar(
  raw: RawDelivery,
  sourceEventType: string,
  occurredAt: number,
  body: JsonObject,
): Reading {
  const eventName = eventTypeOf(member(body, 'eventName'))
  if (eventName === null) return readSmartcarEvent(raw, sourceEventType, occurredAt, body)
  if (eventName === 'eventBased') return readSmartcarOccurrence(raw, sourceEventType, body)
  return readSmartcarVehicle(raw, occurredAt, body)
}
