// The example of CONTRIBUTING's "Add a sink", run as the platform runs a sink.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { Signal, Topic, VehicleEvent } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { driveStage, runStage, StageMeters } from '@fleet/stage'
import type { RunningStage } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import fc from 'fast-check'

import { parseSchema } from '../../../packages/codec/src/avro-type.ts'
import type { SignalRange, VehicleRollup } from './record.ts'
import { hourMicros } from './roll-up.ts'
import { vehicleRollup } from './stage.ts'

const startMicros = Date.UTC(2026, 4, 4, 10) * 1000
const startMs = startMicros / 1000

/** Not a topic of the platform: an example has none. */
const rollups: Topic = {
  ...topics.crm,
  logical: 'example.vehicle-rollup',
  name: 'example.vehicle-rollup.v1',
  schema: null,
}

/** A stage's name is one of the platform's; the example borrows one. */
const borrowed = 'crm-sink'

type Said = Pick<Signal, 'code' | 'observed_at'> & { value: unknown }

const odometer = 'odometer-traveleddistance'
const battery = 'tractionbattery-stateofcharge'

function vehicleEvent(vehicle: string, id: string, said: Said[], mode = 'LIVE'): VehicleEvent {
  const signals = said.map(({ code, observed_at, value }) => ({
    code,
    name: null,
    group: null,
    status: value === null ? 'ERROR' : 'SUCCESS',
    error_type: null,
    error_code: null,
    value_json: value === null ? null : JSON.stringify(value),
    unit: null,
    observed_at,
    won: true,
  }))
  return {
    event_id: id,
    event_type: 'vehicle.state_reported',
    source: 'smartcar',
    source_event_type: 'VEHICLE_STATE',
    tenant_id: 'demo',
    subaccount_id: null,
    resource: { type: 'vehicle', id: vehicle },
    occurred_at: startMicros,
    received_at: startMicros,
    effective_at: startMicros,
    processed_at: startMicros,
    delivery_attempt: null,
    disposition: 'CURRENT',
    mode: mode === 'TEST' ? 'TEST' : 'LIVE',
    mapper_version: '1',
    lineage: {
      raw_topic: 'raw',
      raw_partition: 0,
      raw_offset: 0,
      raw_timestamp: startMicros,
      delivery_id: 'd',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'p',
    },
    attributes: {},
    vehicle_id: vehicle,
    user_id: null,
    make: null,
    model: null,
    vin: null,
    year: null,
    triggers: [],
    signals,
    errors: [],
  }
}

const keyOf = (event: VehicleEvent): string => resourceKey('demo', 'vehicle', event.resource.id)

/** What all events together come to, whatever their order; worked out from the list of all readings. */
function modelOf(events: readonly VehicleEvent[]): Map<string, VehicleRollup> {
  const out = new Map<string, VehicleRollup>()
  const readings = events.flatMap(event => event.signals.map(signal => ({ event, ...signal })))
  for (const { event, observed_at } of readings) {
    const hour = observed_at - (observed_at % hourMicros)
    const mine = readings.filter(
      reading =>
        keyOf(reading.event) === keyOf(event) &&
        reading.observed_at >= hour &&
        reading.observed_at < hour + hourMicros,
    )
    const ranges: Record<string, SignalRange> = {}
    for (const [name, code] of [
      ['odometer', odometer],
      ['battery', battery],
    ] as const) {
      const good = mine.filter(reading => reading.code === code && reading.status === 'SUCCESS')
      if (good.length === 0) continue
      const values = good.map(({ value_json }) => Number(value_json))
      const last_at = Math.max(...good.map(reading => reading.observed_at))
      const last = Number(good.findLast(reading => reading.observed_at === last_at)?.value_json)
      ranges[name] = { min: Math.min(...values), max: Math.max(...values), last, last_at }
    }
    out.set(`${keyOf(event)} ${hour}`, {
      tenant_id: 'demo',
      vehicle_id: event.resource.id,
      hour,
      signals: mine.length,
      errors: mine.filter(({ status }) => status === 'ERROR').length,
      ranges,
    })
  }
  return out
}

function newest(
  records: readonly { key: string; value: VehicleRollup }[],
): Map<string, VehicleRollup> {
  return new Map(records.map(({ key, value }) => [`${key} ${value.hour}`, value]))
}

const said = fc.record({
  code: fc.constantFrom(odometer, battery, 'closure-islocked'),
  // Not twice the same time: of two readings at one time the later delivered one is the last.
  observed_at: fc
    .integer({ min: 0, max: 4 * 3600 })
    .map(second => startMicros + second * 1_000_000),
  value: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 6 }),
})

describe('vehicle rollup', () => {
  test('late and shuffled readings go into their own hour, and a restart forgets nothing', () => {
    const readings = fc.uniqueArray(said, { maxLength: 40, selector: each => each.observed_at })
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 5 }), (all, perEvent) => {
        const task = driveStage(vehicleRollup(borrowed, rollups))
        const events: VehicleEvent[] = []
        for (let from = 0; from < all.length; from += perEvent) {
          const id = `e${from}`
          events.push(vehicleEvent(`car-${from % 2}`, id, all.slice(from, from + perEvent)))
        }
        for (const event of events) {
          task.pipe(topics.events.vehicle, {
            key: keyOf(event),
            value: event,
            timestampMs: startMs,
          })
          task.restart()
        }
        const outputs = task.outputs(rollups) as { key: string; value: VehicleRollup }[]
        assert.deepEqual(newest(outputs), modelOf(events))
      }),
      { numRuns: 60 },
    )
  })

  test('a test event leaves no trace; hours that are long past are forgotten', () => {
    const task = driveStage(vehicleRollup(borrowed, rollups))
    const event = vehicleEvent('car', 'e', [{ code: odometer, observed_at: startMicros, value: 7 }])
    const pipe = (value: VehicleEvent, timestampMs: number) =>
      task.pipe(topics.events.vehicle, { key: keyOf(value), value, timestampMs })
    pipe({ ...event, mode: 'TEST' }, startMs)
    assert.equal(task.state.sizes()['keys'], 0)
    pipe(event, startMs)
    task.tick(startMs)
    assert.equal(task.state.sizes()['keys'], 1)
    const laterMs = startMs + 9 * 86_400_000
    pipe(event, laterMs)
    task.tick(laterMs)
    assert.equal(task.state.sizes()['keys'], 0)
    assert.equal(task.outputs(rollups).length, 1)
  })

  test('on a broker: once each, through fencing, takeover and restart', async () => {
    const world = await brokerWorld()
    // The broker's clock is the real one: hours of long ago are past.
    const nowMicros = systemClock.wallMs() * 1000
    const firstHour = nowMicros - (nowMicros % hourMicros) - 4 * hourMicros
    const events = Array.from({ length: 120 }, (_, n) =>
      vehicleEvent(`car-${n % 5}`, `e${n}`, [
        { code: odometer, observed_at: firstHour + ((n * 7919) % 14_400) * 1_000_000, value: n },
      ]),
    )
    let stage = await world.start()
    for (const [n, event] of events.entries()) {
      await world.feed(event)
      if (n === 40) await world.fence()
      if (n !== 80) continue
      const next = await world.start()
      await stage.stop()
      stage = next
    }
    const expected = modelOf(events)
    await until(() => world.outputs().length >= events.length)
    await stage.stop()
    // Each event has one reading, so each gives one record: none is lost, none repeated.
    assert.equal(world.outputs().length, events.length)
    assert.deepEqual(newest(world.outputs()), expected)
  })

  test('takes less than a hundred lines besides its schema, its main.ts included', () => {
    const here = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
    const files = ['roll-up.ts', 'stage.ts', '../../../services/crm-sink/src/main.ts']
    const lines = files.flatMap(file => here(file).split('\n'))
    const code = lines.filter(line => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line))
    assert.ok(code.length < 100, `${code.length} lines`)
  })
})

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!condition()) {
    assert.ok(performance.now() < end, 'timed out')
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** The platform's codec, and beside it the example's own schema. */
async function codecOf(): Promise<Codec> {
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load([topics.events.vehicle, topics.deadLetters[borrowed]])
  const file = new URL('vehicle-rollup.avsc', import.meta.url)
  const type = parseSchema(readFileSync(file, 'utf8'))
  return {
    load: () => Promise.resolve(),
    prepare: values => codec.prepare(values),
    foresee: values => codec.foresee(values),
    encode: (topic, value) =>
      topic === rollups ? type.toBuffer(value) : codec.encode(topic, value),
    decode: (topic, value) =>
      topic === rollups ? (type.fromBuffer(value) as unknown) : codec.decode(topic, value),
  }
}

async function brokerWorld() {
  const partitions = 2
  const used = [
    topics.events.vehicle,
    topics.redrive,
    rollups,
    topics.deadLetters[borrowed],
    topics.changelogs[borrowed],
  ]
  const broker = createMemoryBroker({ topics: used.map(({ name }) => name), partitions })
  const codec = await codecOf()
  const appender = await broker.openAppender()
  return {
    start: (): Promise<RunningStage> =>
      runStage(vehicleRollup(borrowed, rollups), {
        environment: 'test',
        broker,
        codec,
        metrics: new StageMeters(createMetrics('test')).forStage(borrowed),
        logger: silentLogger,
        clock: systemClock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      }),
    feed: (event: VehicleEvent) => {
      const { name: topic } = topics.events.vehicle
      const key = keyOf(event)
      const value = codec.encode(topics.events.vehicle, event)
      return appender.append({ topic, partition: partitionOf(key, partitions), key, value })
    },
    /** A foreign writer takes the transactional ids, as a second process would. */
    fence: async () => {
      for (let partition = 0; partition < partitions; partition++) {
        await broker.openWriter({ transactionalId: `test.${borrowed}.g1.${partition}` })
      }
    },
    outputs: (): { key: string; value: VehicleRollup }[] =>
      Array.from(
        { length: partitions },
        (_, partition) => broker.log({ topic: rollups.name, partition }).read(0, 10_000).records,
      )
        .flat()
        .map(({ key, value }) => ({
          key: String(key),
          value: codec.decode(rollups, value ?? Buffer.alloc(0)) as VehicleRollup,
        })),
  }
}
