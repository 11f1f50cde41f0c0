import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { recordFiles, subjectOf, topics } from '@fleet/contracts'
import type { AlertSignal, RecordName, Topic } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { parseSchema } from '../src/avro-type.ts'
import { memoryRegistry, openCodec } from '../src/index.ts'
import type { Codec, MemoryRegistry } from '../src/index.ts'
import { ownSchema } from '../src/schema-files.ts'
import { manualClock } from './manual-clock.ts'
import type { ManualClock } from './manual-clock.ts'

const signal: AlertSignal = {
  kind: 'EVENT',
  tenant_id: 'demo',
  event_id: 'e1',
  event_type: null,
  domain: null,
  resource: { type: 'vehicle', id: 'v' },
  disposition: 'CURRENT',
  effective_at: 1_795_252_000_123_456,
  tick_at: null,
  origin: null,
  vehicle_id: null,
  started_at: null,
  due_at: null,
  source: null,
  count: null,
  amount: null,
  entry_id: null,
  sequence: null,
}

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-codec-'))
  folders.push(folder)
  return folder
}

interface Bench {
  registry: MemoryRegistry
  clock: ManualClock
  codec: Codec
}

async function bench(cacheFile: string | null = null): Promise<Bench> {
  const registry = memoryRegistry()
  const clock = manualClock()
  return { registry, clock, codec: await openCodec({ registry, cacheFile, clock }) }
}

function code(expected: string, fate: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof FleetError, String(error))
    assert.deepEqual([error.code, error.fate], [expected, fate])
    return true
  }
}

function framed(id: number, payload: Buffer): Buffer {
  const value = Buffer.concat([Buffer.alloc(5), payload])
  value.writeUInt32BE(id, 1)
  return value
}

async function idOf(registry: MemoryRegistry, topic: Topic): Promise<number> {
  const text = ownSchema(topic.schema ?? 'Alert').text
  return (await registry.findId(subjectOf(topic), text)) ?? 0
}

/** Our schema as another release might have it. */
function otherRelease(
  record: RecordName,
  change: (fields: { name: string }[]) => object[],
): string {
  const schema = JSON.parse(ownSchema(record).text) as { fields: { name: string }[] }
  return JSON.stringify({ ...schema, fields: change(schema.fields) })
}

test('a value is magic, the id of our schema, and Avro without anything else', async () => {
  const { codec, registry } = await bench()
  await codec.load([topics.alertSignals])
  const id = await idOf(registry, topics.alertSignals)
  const expected = [
    Buffer.from([0, 0, 0, 0, id]).toString('hex'),
    '0a4556454e54', // kind
    '0864656d6f', // tenant_id
    '02046531', // event_id, second branch
    '00', // event_type null
    '00', // domain null
    '020e76656869636c650276', // resource
    '0200', // disposition CURRENT
    '0280a9ffdbb5b1b006', // effective_at
    '0000', // tick_at, origin
    '0000000000', // vehicle_id, started_at, due_at, source, count
    '000000', // amount, entry_id, sequence
  ].join('')
  assert.equal(codec.encode(topics.alertSignals, signal).toString('hex'), expected)
  assert.deepStrictEqual(codec.decode(topics.alertSignals, Buffer.from(expected, 'hex')), signal)
})

test('every record of ours survives with nothing but defaults', async () => {
  const { codec } = await bench()
  const byRecord = new Map<RecordName, Topic>()
  for (const topic of Object.values(topics).flatMap(flat)) {
    if (topic.schema !== null) byRecord.set(topic.schema, topic)
  }
  assert.deepEqual([...byRecord.keys()].toSorted(), Object.keys(recordFiles).toSorted())
  for (const topic of byRecord.values()) {
    await codec.load([topic])
    const read = codec.decode(topic, codec.encode(topic, {}))
    assert.deepEqual(codec.decode(topic, codec.encode(topic, read)), read)
  }
})

function flat(entry: Topic | Record<string, Topic>): Topic[] {
  return 'logical' in entry ? [entry as Topic] : Object.values(entry)
}

test('a value larger than the encoding buffer is written whole, and so is the next small one', async () => {
  const { codec } = await bench()
  await codec.load([topics.deadLetters.processor])
  const large = { origin_value: Buffer.alloc(900_000, 7), body: Buffer.alloc(900_000, 8) }
  const topic = topics.deadLetters.processor
  const read = codec.decode(topic, codec.encode(topic, large)) as typeof large
  assert.ok(read.origin_value.equals(large.origin_value) && read.body.equals(large.body))
  const small = codec.encode(topic, { stage: 'x' })
  assert.ok(small.length < 200)
  assert.equal((codec.decode(topic, small) as { stage: string }).stage, 'x')
})

test('values one behind the other are what the schema alone writes, whatever their sizes', async () => {
  const { codec } = await bench()
  await codec.load([topics.alertSignals])
  const { type } = ownSchema('AlertSignal')
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('\ud800', 'x'.repeat(47), 'x'.repeat(48), 'x'.repeat(49), 'é'.repeat(48)),
    fc.nat(40_000).map(length => 'x'.repeat(length)),
  )
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 12 }), list => {
      const values = list.map(tenant_id => ({ ...signal, tenant_id }))
      const encoded = values.map(value => codec.encode(topics.alertSignals, value))
      for (const [index, value] of values.entries()) {
        const written = encoded[index] ?? Buffer.alloc(0)
        assert.deepEqual(written.subarray(5), type.toBuffer(value))
        // Lone surrogates become U+FFFD, as in a Buffer.
        const tenant_id = Buffer.from(value.tenant_id).toString()
        assert.deepEqual(codec.decode(topics.alertSignals, written), { ...value, tenant_id })
      }
    }),
    { numRuns: 300 },
  )
})

test('encoded values do not share memory', async () => {
  const { codec } = await bench()
  await codec.load([topics.alertSignals])
  const first = codec.encode(topics.alertSignals, signal)
  const copy = Buffer.from(first)
  codec.encode(topics.alertSignals, { ...signal, tenant_id: 'other' })
  assert.ok(first.equals(copy))
})

test('what does not fit is a defect of ours; the message names the field, not its value', async () => {
  const { codec } = await bench()
  await codec.load([topics.raw])
  assert.throws(
    () => codec.encode(topics.raw, { tenant_id: { secret: 'hunter2' }, part_index: 1.5 }),
    (error: unknown) => {
      code('INTERNAL', 'poison')(error)
      assert.match(String(error), /tenant_id, part_index/)
      assert.doesNotMatch(String(error), /hunter2/)
      return true
    },
  )
  assert.throws(() => codec.encode(topics.state, {}), code('INTERNAL', 'poison'))
})

test('ids are of our own schema, never of the latest', async () => {
  const { codec, registry } = await bench()
  const own = await idOf(registry, topics.alertSignals)
  const newer = otherRelease('AlertSignal', fields => [
    ...fields,
    { name: 'later', type: ['null', 'string'], default: null },
  ])
  await registry.register(subjectOf(topics.alertSignals), newer)
  await codec.load([topics.alertSignals])
  assert.equal(codec.encode(topics.alertSignals, signal).readUInt32BE(1), own)
})

test('a schema that is not registered stops the start', async () => {
  const registry = memoryRegistry([])
  const codec = await openCodec({ registry, cacheFile: null, clock: manualClock() })
  await assert.rejects(codec.load([topics.raw]), code('SCHEMA_NOT_REGISTERED', 'fatal'))
})

test('values of newer and older releases are read as ours', async () => {
  const { codec, registry } = await bench()
  const older = otherRelease('AlertSignal', fields => fields.filter(f => f.name !== 'kind'))
  const newer = otherRelease('AlertSignal', fields => [
    { name: 'first', type: { type: 'map', values: 'long' }, default: {} },
    ...fields,
    { name: 'last', type: ['null', 'string'], default: null },
  ])
  registry.put(901, older)
  registry.put(902, newer)
  const values = [
    framed(901, parseSchema(older).toBuffer(signal)),
    framed(902, parseSchema(newer).toBuffer({ ...signal, first: { a: 1 }, last: 'x' })),
  ]
  await codec.prepare(values)
  for (const value of values) {
    assert.deepStrictEqual(codec.decode(topics.alertSignals, value), signal)
  }
})

test('a value written with the schema of another record is undecodable', async () => {
  const { codec } = await bench()
  await codec.load([topics.alertSignals, topics.raw])
  const value = codec.encode(topics.alertSignals, signal)
  assert.throws(() => codec.decode(topics.raw, value), code('UNDECODABLE', 'poison'))
  assert.throws(() => codec.decode(topics.raw, value), code('UNDECODABLE', 'poison'))
})

test('broken values are undecodable, each by itself', async () => {
  const { codec, registry } = await bench()
  await codec.load([topics.alertSignals])
  const good = codec.encode(topics.alertSignals, signal)
  const id = await idOf(registry, topics.alertSignals)
  const broken: [rule: string, value: Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['four bytes', good.subarray(0, 4)],
    ['no payload', good.subarray(0, 5)],
    ['another magic byte', Buffer.from([1, ...good.subarray(1)])],
    ['id zero', framed(0, good.subarray(5))],
    ['truncated', good.subarray(0, good.length - 1)],
    ['a byte too many', Buffer.concat([good, Buffer.alloc(1)])],
    ['too large', Buffer.concat([good, Buffer.alloc(1024 * 1024)])],
    ['an enum symbol that does not exist', framed(id, Buffer.from('0000000000000206', 'hex'))],
    ['JSON', Buffer.from('{"kind":"EVENT"}')],
  ]
  await codec.prepare(broken.map(([, value]) => value))
  for (const [rule, value] of broken) {
    assert.throws(
      () => codec.decode(topics.alertSignals, value),
      code('UNDECODABLE', 'poison'),
      rule,
    )
  }
})

test('dead letters may be three times as large as the records they hold', async () => {
  const { codec } = await bench()
  const topic = topics.deadLetters.processor
  await codec.load([topic])
  const value = codec.encode(topic, { origin_value: Buffer.alloc(2_500_000) })
  assert.ok(codec.decode(topic, value))
  const over = codec.encode(topic, { origin_value: Buffer.alloc(3 * 1024 * 1024) })
  assert.throws(() => codec.decode(topic, over), code('UNDECODABLE', 'poison'))
})

test('schemas the registry holds but nobody can use make their values undecodable', async () => {
  const { codec, registry } = await bench()
  const useless = ['no JSON', '"string"', '{"type":"record"}', '[]', '["int","long"]', 'null']
  const deep = `${'{"type":"array","items":'.repeat(5000)}"string"${'}'.repeat(5000)}`
  const schemas = [...useless, deep, JSON.stringify('x'.repeat(300_000))]
  schemas.forEach((schema, index) => registry.put(800 + index, schema))
  const values = schemas.map((_, index) => framed(800 + index, Buffer.from([0])))
  await codec.prepare(values)
  for (const value of values) {
    assert.throws(() => codec.decode(topics.alertSignals, value), code('UNDECODABLE', 'poison'))
  }
})

test('a registry that gave a wrong schema is asked again; the right one is used as soon as it comes', async () => {
  const file = join(temporaryFolder(), 'registry.json')
  const { codec, registry, clock } = await bench(file)
  const wrong =
    '{"type":"record","name":"SomebodyElse","fields":[{"name":"colour","type":"string"}]}'
  const { text } = ownSchema('AlertSignal')
  const value = framed(556, parseSchema(text).toBuffer(signal))
  registry.put(556, wrong)
  for (let second = 0; second < 5; second++) {
    await codec.prepare([value])
    assert.throws(() => codec.decode(topics.alertSignals, value), code('UNDECODABLE', 'poison'))
    clock.advance(1000)
  }
  assert.equal(registry.calls['findSchema'], 1)
  assert.ok(!readFileSync(file, 'utf8').includes('SomebodyElse'))
  registry.down = true
  await codec.prepare([value])
  registry.down = false
  registry.put(556, text)
  clock.advance(5000)
  await codec.prepare([value])
  assert.deepStrictEqual(codec.decode(topics.alertSignals, value), signal)
})

test('an unknown id is pending for 30 seconds and poison after; it is asked for every 5', async () => {
  const { codec, registry, clock } = await bench()
  const value = framed(777, Buffer.alloc(3))
  const before = registry.calls['findSchema'] ?? 0
  for (let second = 0; second < 30; second++) {
    await assert.rejects(codec.prepare([value]), code('SCHEMA_PENDING', 'transient'))
    assert.throws(() => codec.decode(topics.raw, value), code('SCHEMA_PENDING', 'transient'))
    clock.advance(1000)
  }
  assert.equal((registry.calls['findSchema'] ?? 0) - before, 6)
  await codec.prepare([value])
  assert.throws(() => codec.decode(topics.raw, value), code('SCHEMA_UNKNOWN', 'poison'))
})

test('an id that was denied for 30 seconds is not waited for again after a restart, but asked for', async () => {
  const file = join(temporaryFolder(), 'registry.json')
  const { codec, registry, clock } = await bench(file)
  const { text } = ownSchema('AlertSignal')
  const value = framed(555, parseSchema(text).toBuffer(signal))
  await assert.rejects(codec.prepare([value]), code('SCHEMA_PENDING', 'transient'))
  const early = await openCodec({ registry, cacheFile: file, clock })
  clock.advance(29_000)
  await assert.rejects(early.prepare([value]), code('SCHEMA_PENDING', 'transient'))
  clock.advance(1000)
  await codec.prepare([value])
  assert.throws(() => codec.decode(topics.alertSignals, value), code('SCHEMA_UNKNOWN', 'poison'))

  const next = await openCodec({ registry, cacheFile: file, clock })
  assert.throws(() => next.decode(topics.alertSignals, value), code('SCHEMA_PENDING', 'transient'))
  registry.down = true
  await assert.rejects(next.prepare([value]), code('REGISTRY_UNREACHABLE', 'transient'))
  registry.down = false
  await next.prepare([value])
  assert.throws(() => next.decode(topics.alertSignals, value), code('SCHEMA_UNKNOWN', 'poison'))

  registry.put(555, text)
  const last = await openCodec({ registry, cacheFile: file, clock })
  await last.prepare([value])
  assert.deepStrictEqual(last.decode(topics.alertSignals, value), signal)
  assert.deepEqual((JSON.parse(readFileSync(file, 'utf8')) as { denied: unknown }).denied, [])
})

test('an id that is foreseen is denied early; few are asked for at once, and once a second', async () => {
  const { codec, registry, clock } = await bench()
  const values = Array.from({ length: 20 }, (_, i) => framed(700 + i, Buffer.alloc(3)))
  codec.foresee([null, Buffer.from('no Avro'), ...values])
  codec.foresee(values)
  await settled()
  assert.equal(registry.calls['findSchema'], 8)
  clock.advance(1000)
  codec.foresee(values)
  await settled()
  assert.equal(registry.calls['findSchema'], 16, 'those denied a moment ago take nobody’s turn')
  clock.advance(29_000)
  const [first = Buffer.alloc(0)] = values
  await codec.prepare([first])
  assert.throws(() => codec.decode(topics.raw, first), code('SCHEMA_UNKNOWN', 'poison'))
  registry.down = true
  codec.foresee(values)
  await settled()
  const before = registry.calls['findSchema']
  codec.foresee(values)
  clock.advance(999)
  codec.foresee(values)
  await settled()
  assert.equal(registry.calls['findSchema'], before)
  clock.advance(1)
  codec.foresee(values)
  await settled()
  assert.ok((registry.calls['findSchema'] ?? 0) > (before ?? 0))
})

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}

test('an id that turns up late is read', async () => {
  const { codec, registry, clock } = await bench()
  const { text } = ownSchema('AlertSignal')
  const value = framed(555, parseSchema(text).toBuffer(signal))
  await assert.rejects(codec.prepare([value]), code('SCHEMA_PENDING', 'transient'))
  clock.advance(40_000)
  registry.put(555, text)
  await codec.prepare([value])
  assert.deepStrictEqual(codec.decode(topics.alertSignals, value), signal)
})

test('while the registry is down known schemas keep flowing and unknown ones wait', async () => {
  const { codec, registry } = await bench()
  await codec.load([topics.alertSignals])
  const value = codec.encode(topics.alertSignals, signal)
  registry.down = true
  await codec.prepare([value, null])
  assert.deepStrictEqual(codec.decode(topics.alertSignals, value), signal)
  const unknown = framed(777, Buffer.alloc(3))
  await assert.rejects(codec.prepare([unknown]), code('REGISTRY_UNREACHABLE', 'transient'))
  assert.throws(() => codec.decode(topics.raw, unknown), code('SCHEMA_PENDING', 'transient'))
})

test('a registry that does not answer within two seconds is down', async () => {
  const clock = manualClock()
  const never = new Promise<never>(() => {})
  const registry = { findSchema: () => never, findId: () => never }
  const codec = await openCodec({ registry, cacheFile: null, clock })
  const asked = codec.prepare([framed(1, Buffer.alloc(1))])
  clock.advance(2000)
  await assert.rejects(asked, code('REGISTRY_UNREACHABLE', 'transient'))
})

test('an id is asked for once, however many records and callers wait for it', async () => {
  const { codec, registry } = await bench()
  registry.put(600, ownSchema('Alert').text)
  const values = Array.from({ length: 50 }, () => framed(600, Buffer.alloc(1)))
  await Promise.all([codec.prepare(values), codec.prepare(values), codec.prepare(values)])
  assert.equal(registry.calls['findSchema'], 1)
})

test('a service starts from its cache file while the registry is down', async () => {
  const file = join(temporaryFolder(), 'deep', 'registry.json')
  const first = await bench(file)
  await first.codec.load([topics.alertSignals, topics.raw])
  const value = first.codec.encode(topics.alertSignals, signal)

  const second = await bench(file)
  second.registry.down = true
  await second.codec.load([topics.alertSignals])
  assert.ok(second.codec.encode(topics.alertSignals, signal).equals(value))
  await second.codec.prepare([value])
  assert.deepStrictEqual(second.codec.decode(topics.alertSignals, value), signal)
  await assert.rejects(
    second.codec.load([topics.state]),
    code('REGISTRY_UNREACHABLE', 'transient'),
    'the file says nothing of this one',
  )
})

test('an id in the cache file counts only for the very schema it was kept with', async () => {
  const file = join(temporaryFolder(), 'registry.json')
  const first = await bench(file)
  await first.codec.load([topics.raw])
  const text = readFileSync(file, 'utf8').replace('delivery_id', 'delivery_key')
  writeFileSync(file, text)
  const second = await bench(file)
  second.registry.down = true
  await assert.rejects(second.codec.load([topics.raw]), code('REGISTRY_UNREACHABLE', 'transient'))
})

test('the cache file of another registry is dropped as soon as the registry contradicts it', async () => {
  const file = join(temporaryFolder(), 'registry.json')
  const alert = ownSchema('Alert').text
  const raw = ownSchema('RawDelivery').text
  writeFileSync(file, JSON.stringify({ subjects: {}, schemas: { 1: alert, 7: raw }, denied: [9] }))
  const { codec } = await bench(file)
  await codec.load([topics.raw])
  await assert.rejects(
    codec.prepare([framed(7777, Buffer.alloc(1))]),
    code('SCHEMA_PENDING', 'transient'),
  )
  const kept = JSON.parse(readFileSync(file, 'utf8')) as {
    schemas: Record<string, string>
    denied: unknown
  }
  assert.deepEqual(Object.keys(kept.schemas), ['1'])
  assert.deepEqual(kept.denied, [])
  assert.equal(kept.schemas['1'], raw)
})

test('what another registry had denied is not believed, even if it is being asked for meanwhile', async () => {
  const file = join(temporaryFolder(), 'registry.json')
  const alert = ownSchema('Alert').text
  writeFileSync(file, JSON.stringify({ subjects: {}, schemas: { 1: alert }, denied: [555] }))
  const { registry, clock } = await bench()
  const answers: ((text: null) => void)[] = []
  const slow = {
    findId: registry.findId.bind(registry),
    findSchema: () => new Promise<null>(resolve => answers.push(resolve)),
  }
  const codec = await openCodec({ registry: slow, cacheFile: file, clock })
  const value = framed(555, Buffer.alloc(3))
  const prepared = codec.prepare([value])
  await codec.load([topics.raw])
  for (const answer of answers) answer(null)
  await assert.rejects(prepared, code('SCHEMA_PENDING', 'transient'))
})

for (const content of [
  '',
  'null',
  '[]',
  '{"subjects":5,"schemas":{"1":2},"denied":"1"}',
  '\u0000',
]) {
  test(`a damaged cache file is no file: ${JSON.stringify(content)}`, async () => {
    const file = join(temporaryFolder(), 'registry.json')
    writeFileSync(file, content)
    const { codec } = await bench(file)
    await codec.load([topics.raw])
    assert.match(readFileSync(file, 'utf8'), /fleet\.raw\.v1-value/)
  })
}

test('whatever the bytes, decoding ends soon with a value or with UNDECODABLE', async () => {
  const { codec, registry } = await bench()
  const topic = topics.events.vehicle
  await codec.load([topic])
  const good = codec.encode(topic, {
    attributes: { a: '1', b: '2' },
    triggers: ['x', 'y'],
    signals: [{ code: 'odometer', value_json: '1' }],
    errors: [{ type: 'T', signals: ['s'] }],
  })
  const id = await idOf(registry, topic)
  const mutated = fc
    .array(fc.tuple(fc.nat(good.length - 6), fc.integer({ min: 0, max: 255 })), { minLength: 1 })
    .map(changes => {
      const payload = Buffer.from(good.subarray(5))
      for (const [at, byte] of changes) payload[at] = byte
      return payload
    })
  const random = fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(mutated, random), payload => {
      // CPU, not the clock: a busy machine is no endless loop.
      const before = process.cpuUsage()
      try {
        codec.decode(topic, framed(id, payload))
      } catch (error) {
        code('UNDECODABLE', 'poison')(error)
      }
      return process.cpuUsage(before).user < 1_000_000
    }),
    { numRuns: 3000 },
  )
})
