import assert from 'node:assert/strict'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { domains, headerNames, partitionOf, topics } from '@fleet/contracts'
import type { ReservationEvent, ResourceState, VehicleEvent } from '@fleet/contracts'
import { platform, provenanceMac, ProvenanceKeyRing, sha256 } from '@fleet/signatures'
import { identify, parseEndpoints, toRawDelivery } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import type { InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { driveStage } from '@fleet/stage'

import { processorStage } from '../src/index.ts'

const macKey = Buffer.from('0123456789abcdef0123456789abcdef')
const keyRing = ProvenanceKeyRing.parse(
  JSON.stringify({ keys: [{ id: 'k1', key_base64: macKey.toString('base64') }] }),
)

const endpointsFile = {
  version: 1,
  endpoints: [
    {
      id: 'levy-demo',
      tenant_id: 'demo',
      source: 'levy',
      adapter: 'generic',
      enabled: true,
      secrets: [{ id: 'k1', ref: 'file:levy-demo.k1' }],
      signature: { header: 'x-levy-signature', algorithm: 'hmac-sha256', encoding: 'hex' },
    },
    {
      id: 'smartcar-demo',
      tenant_id: 'demo',
      source: 'smartcar',
      adapter: 'smartcar',
      enabled: true,
      secrets: [{ id: 'k1', ref: 'file:smartcar-demo.k1' }],
    },
  ],
}

function readEndpoints(onIdConflict = 'dead_letter'): ReadonlyMap<string, Endpoint> {
  const endpoints = endpointsFile.endpoints.map(each => ({ ...each, on_id_conflict: onIdConflict }))
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints }), 'development')
  assert.ok(reading.ok, JSON.stringify(reading))
  return new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))
}

const settings = {
  dedupeWindowHours: 168,
  maxSkewSeconds: 300,
  seenIdsMax: 5_000_000,
  stateHorizonDays: 400,
}
const nowMs = Date.UTC(2026, 10, 21, 8)

function newStage(endpoints = readEndpoints()) {
  return processorStage({ settings, keyRing: () => keyRing, endpoints: () => endpoints, platform })
}

/** The raw records the edge writes for a body. */
function rawRecords(endpointId: string, body: unknown, receivedAtMs = nowMs) {
  const endpoint = readEndpoints().get(endpointId)
  assert.ok(endpoint !== undefined)
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const identified = identify(endpoint, bytes, {}, receivedAtMs * 1000, platform)
  assert.ok(identified.kind === 'records')
  const origin = {
    deliveryId: 'd1',
    tenantId: 'demo',
    endpointId,
    source: endpoint.source,
    receivedAtMicros: receivedAtMs * 1000,
    remoteIp: null,
    headers: { 'content-type': 'application/json' },
    body: bytes,
    bodySha256: sha256(bytes),
    signatureScheme: 'generic/hmac-sha256',
    signatureKeyId: 'k1',
  }
  return identified.parts.map(part => {
    const value = toRawDelivery(origin, part)
    const headers = { [headerNames.macKeyId]: Buffer.from('k1') }
    return { key: part.key, value, timestampMs: receivedAtMs + 5, headers }
  })
}

function booking(some: Record<string, unknown> = {}) {
  return {
    event_id: 'e1',
    event_type: 'reservation.created',
    occurred_at: '2026-11-21T07:59:00Z',
    resource_id: 'R1',
    resource_type: 'reservation',
    data: { customer_id: 'C1', amount: '12.50', currency: 'EUR' },
    ...some,
  }
}

test('its table is the topic that is declared to be its memory', () => {
  const { name, table, outputs } = newStage()
  assert.equal(table?.memoryOf, name)
  assert.ok(table !== undefined && outputs.includes(table))
})

test('a delivery becomes an event and a state; its repeat only counts', () => {
  const driver = driveStage(newStage())
  const [record] = rawRecords('levy-demo', booking())
  assert.ok(record !== undefined)
  assert.equal(driver.pipe(topics.raw, record).verdict, 'published')
  assert.equal(driver.pipe(topics.raw, record).verdict, 'duplicate')
  driver.restart()
  assert.equal(driver.pipe(topics.raw, record).verdict, 'duplicate')

  const [output, ...more] = driver.outputs(topics.events.reservation)
  assert.equal(more.length, 0)
  const event = output?.value as ReservationEvent
  assert.equal(output?.key, 'demo/reservation/R1')
  assert.equal(output?.headers['ce_type'], 'reservation.created')
  assert.equal(event.disposition, 'CURRENT')
  assert.equal(event.customer_id, 'C1')
  assert.deepEqual(event.amount, { amount_minor: 1250, currency: 'EUR' })
  assert.equal(event.effective_at, event.occurred_at)
  assert.equal(event.lineage.raw_topic, topics.raw.name)
  assert.equal(event.lineage.provenance_key_id, 'k1')

  const [state] = driver.outputs(topics.state)
  const value = state?.value as ResourceState
  assert.equal(state?.key, 'demo/reservation/R1')
  assert.equal(value.version, 1)
  assert.equal(value.registers['reservation']?.event_id, 'e1')
})

test('what is published fits the schemas, in every domain, and comes back as it was', async () => {
  const codec = await openCodec({
    registry: memoryRegistry(),
    cacheFile: null,
    clock: systemClock,
  })
  const stage = newStage()
  await codec.load(stage.outputs)
  const driver = driveStage(stage)
  const types = domains.map(domain => (domain === 'unmapped' ? 'moon_landed' : `${domain}.updated`))
  types.push('reservation.canceled', 'customer.deleted', 'claim.opened', 'vehicle.command_failed')
  types.forEach((event_type, n) => {
    const data = { amount: '12.50', currency: 'EUR', starts_at: '2026-11-22T08:00:00Z', other: [1] }
    const body = booking({ event_type, event_id: `e${n}`, tenant_id: 'other', data })
    const [record] = rawRecords('levy-demo', body)
    assert.ok(record !== undefined)
    assert.equal(driver.pipe(topics.raw, record).verdict, 'published', event_type)
  })
  for (const topic of stage.outputs) {
    const outputs = driver.outputs(topic)
    assert.ok(outputs.length > 0, topic.name)
    for (const { value } of outputs) {
      const bytes = codec.encode(topic, value)
      await codec.prepare([bytes])
      assert.deepEqual(plain(codec.decode(topic, bytes)), plain(value))
    }
  }
})

/** Without prototypes and absent members, which say nothing about a record. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

test('a superseded event is counted by its domain', () => {
  const driver = driveStage(newStage())
  const pipe = (some: Record<string, unknown>) =>
    rawRecords('levy-demo', booking(some)).map(record => driver.pipe(topics.raw, record))[0]
  assert.deepEqual(pipe({})?.counts, [])
  const late = pipe({ event_id: 'e2', occurred_at: '2026-11-21T07:00:00Z' })
  assert.deepEqual(late?.counts, [{ metric: 'superseded', label: 'reservation' }])
})

test('what can not be processed is refused with what is known of it', () => {
  const driver = driveStage(newStage())
  const refusals = (body: unknown) =>
    rawRecords('levy-demo', body).map(record => driver.pipe(topics.raw, record).refusal)
  const [broken] = refusals('{"event_id":')
  assert.equal(broken?.code, 'UNIDENTIFIED')
  assert.equal(broken?.facts?.tenantId, 'demo')
  assert.equal(Buffer.from(broken?.facts?.body ?? []).toString(), '{"event_id":')
  const [timeless] = refusals(booking({ occurred_at: 'yesterday' }))
  assert.equal(timeless?.code, 'BAD_TIME')
  assert.equal(timeless?.facts?.eventId, 'e1')
  refusals(booking())
  const [conflict] = refusals(booking({ data: { customer_id: 'C2' } }))
  assert.equal(conflict?.code, 'ID_CONFLICT')
  assert.equal(conflict?.facts?.eventType, 'reservation.created')
  assert.equal(driver.outputs(topics.events.reservation).length, 1)
})

test('an endpoint may have conflicts counted as duplicates', () => {
  const driver = driveStage(newStage(readEndpoints('count')))
  const verdicts = ['C1', 'C2'].flatMap(customer_id =>
    rawRecords('levy-demo', booking({ data: { customer_id } })).map(
      record => driver.pipe(topics.raw, record).verdict,
    ),
  )
  assert.deepEqual(verdicts, ['published', 'duplicate'])
})

test('a record received before the window is refused', () => {
  const driver = driveStage(newStage())
  const days = 24 * 3600 * 1000
  const [old] = rawRecords('levy-demo', booking(), nowMs - 8 * days)
  const [recent] = rawRecords('levy-demo', booking({ event_id: 'e2' }))
  assert.ok(old !== undefined && recent !== undefined)
  driver.pipe(topics.raw, recent)
  const copy = { ...old, timestampMs: nowMs + 10 }
  assert.equal(driver.pipe(topics.raw, copy).refusal?.code, 'OUTSIDE_WINDOW')
})

test('vehicle signals win one by one', () => {
  const driver = driveStage(newStage())
  const report = (eventId: string, signals: [code: string, value: number, atMs: number][]) => ({
    eventId,
    eventType: 'VEHICLE_STATE',
    data: {
      vehicle: { id: 'V1' },
      signals: signals.map(([code, value, oemUpdatedAt]) => ({
        code,
        status: { value: 'SUCCESS' },
        body: { value, unit: 'km' },
        meta: { oemUpdatedAt },
      })),
    },
    meta: { deliveredAt: nowMs, version: '4.0', deliveryId: eventId },
  })
  const odometer = 'odometer-traveleddistance'
  for (const body of [
    report('e1', [[odometer, 100, nowMs - 1000]]),
    report('e2', [
      [odometer, 99, nowMs - 2000],
      ['tractionbattery-stateofcharge', 50, nowMs],
    ]),
  ]) {
    for (const record of rawRecords('smartcar-demo', body)) driver.pipe(topics.raw, record)
  }
  const last = driver.outputs(topics.events.vehicle).at(-1)?.value as VehicleEvent
  assert.equal(last.disposition, 'CURRENT')
  assert.deepEqual(
    last.signals.map(({ won }) => won),
    [false, true],
  )
  const state = driver.outputs(topics.state).at(-1)?.value as ResourceState
  assert.equal(state.signals[odometer]?.value_json, '100')
  assert.equal(state.signals[odometer]?.event_id, 'e1')
  assert.equal(state.registers['vehicle']?.event_id, 'e2')
})

test('a vehicle whose readings would not fit into the changelog is refused', () => {
  const driver = driveStage(newStage())
  const code = 'odometer-traveleddistance'
  const at = new Date(nowMs).toISOString()
  const report = {
    eventId: 'e1',
    eventType: 'VEHICLE_STATE',
    data: {
      vehicle: { id: 'V1' },
      signals: [
        {
          code,
          status: { value: 'SUCCESS' },
          body: { value: '"'.repeat(200_000) },
          meta: { oemUpdatedAt: at },
        },
      ],
    },
    meta: { deliveredAt: nowMs, version: '4.0', deliveryId: 'e1' },
  }
  const verdicts = rawRecords('smartcar-demo', report).map(record =>
    driver.pipe(topics.raw, record),
  )
  assert.equal(verdicts[0]?.refusal?.code, 'TOO_LARGE')
  assert.equal(driver.changelog().length, 0)
})

test('an undecoded record must carry the edge’s MAC and lie on the partition of its key', () => {
  const stage = newStage()
  const key = Buffer.from('demo/reservation/R1')
  const value = Buffer.from('framed value')
  const partition = partitionOf(key, 6)
  const good: InRecord = {
    topic: topics.raw.name,
    partition,
    offset: 0,
    timestampMs: nowMs,
    key,
    value,
    headers: {
      [headerNames.mac]: provenanceMac(macKey, key, value),
      [headerNames.macKeyId]: Buffer.from('k1'),
    },
  }
  const macOf = (bytes: Buffer) => ({ ...good.headers, [headerNames.mac]: bytes })
  const rows: [string, InRecord, string | undefined][] = [
    ['as written by the edge', good, undefined],
    ['without headers', { ...good, headers: {} }, 'PROVENANCE_MISSING'],
    [
      'of an unknown key',
      { ...good, headers: { ...good.headers, [headerNames.macKeyId]: Buffer.from('k2') } },
      'PROVENANCE_KEY_UNKNOWN',
    ],
    ['with another value', { ...good, value: Buffer.from('framed valuf') }, 'PROVENANCE_INVALID'],
    ['with another key', { ...good, key: Buffer.from('x') }, 'PROVENANCE_INVALID'],
    ['with a short MAC', { ...good, headers: macOf(Buffer.alloc(4)) }, 'PROVENANCE_INVALID'],
    ['without a value', { ...good, value: null }, 'PROVENANCE_INVALID'],
    ['elsewhere', { ...good, partition: (partition + 1) % 6 }, 'WRONG_PARTITION'],
    ['elsewhere, unsigned', { ...good, partition: 99, headers: {} }, 'PROVENANCE_MISSING'],
  ]
  for (const [name, record, code] of rows) {
    assert.equal(stage.admit?.(record, 6)?.code, code, name)
  }
})
