// The codec against a real registry, on subjects that are thrown away. Needs a running registry:
// FLEET_REGISTRY_URL, by default the one of `make up`.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkSchemas, httpRegistry, openCodec, registerSchemas } from '@fleet/codec'
import type { RegistryPort } from '@fleet/codec'
import { domains, subjectOf, topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { FleetError, systemClock } from '@fleet/runtime'
import { currentSchema } from '../../infra/schemas/released.ts'

const url = process.env['FLEET_REGISTRY_URL'] ?? 'http://127.0.0.1:8081/apis/ccompat/v7'
const run = randomUUID().slice(0, 8)
const subjects: string[] = []

/** The topic under a name of this run, so that nothing of the platform is touched. */
function throwAway(topic: Topic, part: string): Topic {
  const copy = { ...topic, name: `test.${run}.${part}` }
  subjects.push(subjectOf(copy))
  return copy
}

after(async () => {
  for (const subject of subjects) {
    await fetch(`${url}/subjects/${subject}`, { method: 'DELETE' }).catch(() => undefined)
  }
})

function withCode(code: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof FleetError, String(error))
    assert.equal(error.code, code, error.message)
    return true
  }
}

const down: RegistryPort = httpRegistry('http://127.0.0.1:1/apis/ccompat/v7')

test('registering is compatible, gives an id and a version, and again the same ones', async () => {
  const mine = [
    throwAway(topics.raw, 'raw'),
    throwAway(topics.state, 'state'),
    ...domains.map(domain => throwAway(topics.events[domain], domain)),
  ]
  const before = await checkSchemas(url, mine)
  assert.ok(before.every(({ id, compatible }) => id === null && compatible))
  const first = await registerSchemas(url, mine)
  assert.deepEqual(
    first.map(({ name }) => name),
    mine.map(subjectOf),
  )
  for (const { id, version, compatible } of first) {
    assert.ok(Number.isInteger(id) && version === 1 && compatible)
  }
  assert.deepEqual(await registerSchemas(url, mine), first)
  assert.deepEqual(await checkSchemas(url, mine), first)
})

test('the subject asks for FULL_TRANSITIVE and refuses what breaks it', async () => {
  const topic = throwAway(topics.raw, 'strict')
  const registry = httpRegistry(url)
  await registerSchemas(registry, [topic])
  const config = await fetch(`${url}/config/${subjectOf(topic)}`)
  assert.deepEqual(await config.json(), { compatibilityLevel: 'FULL_TRANSITIVE' })

  const schema = JSON.parse(currentSchema('RawDelivery')) as { fields: object[] }
  const add = (field: object) => JSON.stringify({ ...schema, fields: [...schema.fields, field] })
  const breaking = add({ name: 'extra', type: 'string' })
  const verdict = await registry.checkCompatible(subjectOf(topic), breaking)
  assert.equal(verdict.compatible, false)
  await assert.rejects(
    registry.register(subjectOf(topic), breaking),
    withCode('SCHEMA_INCOMPATIBLE'),
  )

  const nullable = add({ name: 'extra', type: ['null', 'string'], default: null })
  assert.deepEqual(await registry.checkCompatible(subjectOf(topic), nullable), { compatible: true })
  await registry.register(subjectOf(topic), nullable)
  assert.equal(await registry.findVersion(subjectOf(topic), nullable), 2)
})

test('a release whose schema breaks the registered one is reported, with the reason', async () => {
  const topic = throwAway(topics.alerting, 'broken')
  const registry = httpRegistry(url)
  await registry.requireCompatibility(subjectOf(topic))
  await registry.register(
    subjectOf(topic),
    JSON.stringify(retyped(JSON.parse(currentSchema('Alert')))),
  )
  for (const handle of [checkSchemas, registerSchemas]) {
    const [status] = await handle(registry, [topic])
    assert.equal(status?.compatible, false)
    assert.match(status?.reason ?? '', /Alert\.severity changed from int to string/)
  }
})

/** `severity` as a number: what neither side can read. */
function retyped(schema: { fields: { name: string }[] }): object {
  const fields = schema.fields.map(field =>
    field.name === 'severity' ? { name: 'severity', type: 'int', default: 0 } : field,
  )
  return { ...schema, fields }
}

test('values go through the registry and are read with a newer writer schema', async () => {
  const topic = throwAway(topics.alerting, 'evolves')
  const registry = httpRegistry(url)
  await registerSchemas(registry, [topic])
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  await codec.load([topic])
  const value = codec.encode(topic, { dedup_key: 'k', observed: 5, window_end: 1 })

  const reader = await openCodec({ registry, cacheFile: null, clock: systemClock })
  await reader.prepare([value, null])
  const alert = reader.decode(topic, value) as Record<string, unknown>
  assert.deepEqual([alert['dedup_key'], alert['observed'], alert['window_end']], ['k', 5, 1])

  const schema = JSON.parse(currentSchema('Alert')) as { fields: object[] }
  schema.fields.push({ name: 'runbook', type: ['null', 'string'], default: null })
  const id = await registry.register(subjectOf(topic), JSON.stringify(schema))
  const newer = Buffer.concat([value, Buffer.from('020272', 'hex')])
  newer.writeUInt32BE(id, 1)
  await reader.prepare([newer])
  assert.deepEqual(reader.decode(topic, newer), alert)
})

test('an id the registry does not know is pending, and a missing schema stops the start', async () => {
  const codec = await openCodec({
    registry: httpRegistry(url),
    cacheFile: null,
    clock: systemClock,
  })
  const value = Buffer.from('007fffffff00', 'hex')
  await assert.rejects(codec.prepare([value]), withCode('SCHEMA_PENDING'))
  assert.throws(() => codec.decode(topics.raw, value), withCode('SCHEMA_PENDING'))
  const topic = throwAway(topics.crm, 'never-registered')
  await assert.rejects(codec.load([topic]), withCode('SCHEMA_NOT_REGISTERED'))
})

test('an address that is no registry is unreachable, not a verdict about schemas', async () => {
  const elsewhere = httpRegistry(url.replace(/\/apis.*$/, '/nothing-here'))
  const codec = await openCodec({ registry: elsewhere, cacheFile: null, clock: systemClock })
  await assert.rejects(
    codec.prepare([Buffer.from('000000000100', 'hex')]),
    withCode('REGISTRY_UNREACHABLE'),
  )
})

test('with the registry down a service starts from its cache file', async () => {
  const topic = throwAway(topics.accounting, 'cached')
  await registerSchemas(url, [topic])
  const cacheFile = join(mkdtempSync(join(tmpdir(), 'fleet-codec-')), 'registry.json')
  const first = await openCodec({ registry: httpRegistry(url), cacheFile, clock: systemClock })
  await first.load([topic])
  const value = first.encode(topic, { entry_id: 'e' })

  const second = await openCodec({ registry: down, cacheFile, clock: systemClock })
  await second.load([topic])
  assert.ok(second.encode(topic, { entry_id: 'e' }).equals(value))
  await second.prepare([value])
  assert.equal((second.decode(topic, value) as Record<string, unknown>)['entry_id'], 'e')

  const third = await openCodec({ registry: down, cacheFile: null, clock: systemClock })
  await assert.rejects(third.load([topic]), withCode('REGISTRY_UNREACHABLE'))
})
