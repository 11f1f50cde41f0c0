// A letter of the processor as a new delivery: new delivery id, own receipt, channel REPLAY, signed like
// the edge signs; the event keeps its id. Only what came through the edge is signed again.

import { headerNames, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import { recordBytes } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'
import { fateOf, messageOf } from '@fleet/runtime'
import { platform, sha256 } from '@fleet/signatures'
import type { ProvenanceKeyRing } from '@fleet/signatures'
import {
  identify,
  identityOf,
  isJsonObject,
  normalizeEncoded,
  parseStrictJson,
} from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'

import type { Patch } from '../core/acts.ts'
import { isObject, mergePatch } from '../core/merge-patch.ts'
import { batchOverheadBytes, refused } from './prepared.ts'
import type { Prepared } from './prepared.ts'

export interface RawReplay {
  readonly codec: Codec
  /** Null: this process has no provenance keys. */
  readonly keyRing: ProvenanceKeyRing | null
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly partitionCount: number
  readonly nowMs: number
  readonly replayId: string
  readonly deliveryId: string
  readonly patch: Patch | null
}

export async function prepareRaw(letter: DeadLetter, replay: RawReplay): Promise<Prepared> {
  const { codec, keyRing, endpoints, patch } = replay
  const { origin_value: value } = letter
  if (value === null) return refused('UNREADABLE', 'The letter does not hold the record’s bytes.')
  if (keyRing === null) return refused('NO_SIGNING_KEY', 'No provenance keys can be read here.')
  if (letter.error_code.startsWith('PROVENANCE_') && !isProven(letter, value, keyRing)) {
    return refused('UNPROVEN', 'Its provenance MAC does not verify with the keys in force.')
  }
  let raw: RawDelivery
  try {
    const framed = bufferOf(value)
    await codec.prepare([framed])
    raw = codec.decode(topics.raw, framed) as RawDelivery
  } catch (error) {
    if (fateOf(error) === 'transient') throw error
    return refused('UNREADABLE', `The delivery can’t be decoded: ${messageOf(error)}`)
  }
  const body = patch === null ? raw.body : patchedBody(raw.body, patch)
  if (body === null)
    return refused('BAD_PATCH', 'A merge patch is a JSON object, for a body that is one too.')
  const endpoint = endpoints.get(raw.endpoint_id)
  const parts = partsOf(raw, body, endpoint, patch !== null)
  if ('code' in parts) return refused(parts.code, parts.message)
  const records: OutRecord[] = []
  for (const part of parts.deliveries) {
    const delivery = { ...deliveryOf(raw, body, replay), ...part }
    const outcome = normalizeEncoded(delivery, endpoint, platform)
    if (!outcome.ok) {
      return refused('WOULD_FAIL', `It would fail again: ${outcome.code}, ${outcome.message}`)
    }
    const record = signed(delivery, letter, replay, keyRing)
    if (recordBytes(record) + batchOverheadBytes > topics.raw.maxMessageBytes) {
      return refused('TOO_LARGE', 'The new delivery is larger than the raw topic takes.')
    }
    records.push(record)
  }
  return { ok: true, records }
}

/** At the time of its append, as the processor judges it. */
function isProven(letter: DeadLetter, value: Uint8Array, keyRing: ProvenanceKeyRing): boolean {
  const header = (name: string): Uint8Array | undefined =>
    letter.origin_headers.find(each => each.name === name)?.value ?? undefined
  const keyId = header(headerNames.macKeyId)
  const verdict = keyRing.verify(
    keyId === undefined ? undefined : bufferOf(keyId).toString('utf8'),
    header(headerNames.mac),
    letter.origin_key ?? '',
    value,
    Math.floor(letter.origin_timestamp / 1000),
  )
  return verdict === 'ok'
}

function patchedBody(body: Uint8Array, patch: Patch): Uint8Array | null {
  if (patch.kind === 'body') return Buffer.from(patch.base64, 'base64')
  if (!isObject(patch.document)) return null
  const parsed = parseStrictJson(body, platform)
  if (!parsed.ok || !isJsonObject(parsed.value)) return null
  return Buffer.from(JSON.stringify(mergePatch(parsed.value, patch.document)))
}

type Parts =
  | { deliveries: readonly Partial<RawDelivery>[] }
  | { code: 'WOULD_FAIL' | 'IDENTITY_CHANGED'; message: string }

/** Identified again only where that may say something else: by a new body, or by a mended endpoint. */
function partsOf(
  raw: RawDelivery,
  body: Uint8Array,
  endpoint: Endpoint | undefined,
  isPatched: boolean,
): Parts {
  const wasIdentified = raw.unidentified_reason === null
  if (wasIdentified && !isPatched) return { deliveries: [{}] }
  if (endpoint === undefined) {
    return { code: 'WOULD_FAIL', message: 'Its endpoint is not there any more to identify it by.' }
  }
  const identified = identify(endpoint, body, raw.headers, raw.received_at, platform)
  if (identified.kind !== 'records') {
    return { code: 'WOULD_FAIL', message: 'The body is a challenge, which is not an event.' }
  }
  const unknown = identified.parts.find(part => part.unidentifiedReason !== null)
  if (unknown !== undefined) {
    const message = `It would fail again: UNIDENTIFIED, ${unknown.unidentifiedReason}`
    return { code: 'WOULD_FAIL', message }
  }
  if (!wasIdentified) return { deliveries: identified.parts.map(identityOf) }
  const own = identified.parts[raw.part_index]
  const isSame =
    own !== undefined &&
    identified.parts.length === raw.part_count &&
    own.eventId === raw.event_id &&
    own.resourceType === raw.resource_type &&
    own.resourceId === raw.resource_id
  if (isSame) return { deliveries: [identityOf(own)] }
  const message = 'The changed body has another event id, resource or number of parts.'
  return { code: 'IDENTITY_CHANGED', message }
}

function deliveryOf(raw: RawDelivery, body: Uint8Array, replay: RawReplay): RawDelivery {
  return {
    ...raw,
    delivery_id: replay.deliveryId,
    channel: 'REPLAY',
    received_at: replay.nowMs * 1000,
    body,
    body_sha256: sha256(body),
    replay_id: replay.replayId,
  }
}

function signed(
  delivery: RawDelivery,
  letter: DeadLetter,
  { codec, partitionCount, nowMs }: RawReplay,
  keyRing: ProvenanceKeyRing,
): OutRecord {
  const { tenant_id: tenant, resource_type: type, resource_id: id } = delivery
  const key = resourceKey(tenant, type ?? '', id ?? '')
  const value = codec.encode(topics.raw, delivery)
  const { mac, keyId } = keyRing.sign(nowMs, key, value)
  const trace = letter.origin_headers.find(({ name }) => name === headerNames.traceparent)?.value
  return {
    topic: topics.raw.name,
    partition: partitionOf(key, partitionCount),
    key,
    value,
    headers: {
      [headerNames.mac]: mac,
      [headerNames.macKeyId]: keyId,
      ...(trace === null || trace === undefined
        ? {}
        : { [headerNames.traceparent]: bufferOf(trace) }),
    },
  }
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
