// Two mappers side by side over the raw topic of a real Kafka, and deprecations in a real registry. Both
// are those of FLEET_KAFKA_BROKERS and FLEET_REGISTRY_URL; by default those of `make up`.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runFleet } from '@fleet/cli'
import { httpRegistry, openCodec, registerSchemas } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { platformSettings } from '@fleet/config'
import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Admin, Appender } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { fakeTerminal } from '../../packages/cli/test/fake-terminal.ts'
import { bodyOf, rawOf } from '../../packages/cli/test/mapper/raw-of.ts'
import { currentSchema } from '../../infra/schemas/released.ts'

const settings = platformSettings()
const run = randomUUID().slice(0, 8)
const eventType = `reservation.shadow_${run}`
const folder = mkdtempSync(join(tmpdir(), 'fleet-shadow-'))
const candidate = join(folder, 'candidate.ts')
const subject = `test.${run}.deprecated-value`
const never = new AbortController().signal

let admin: Admin
let appender: Appender
let codec: Codec

/** A second version as a team has it elsewhere: another work tree, a module with the same door. */
const candidateText = `
import { normalize as present } from ${JSON.stringify(fileURLToPath(import.meta.resolve('@fleet/sources')))}
export const mapperVersion = '2-integration'
export function normalize(raw, endpoint, platform) {
  const mapped = present(raw, endpoint, platform)
  if (!mapped.ok || mapped.event.eventType !== '${eventType}') return mapped
  if (mapped.event.eventId === 'gone') return { ok: false, code: 'UNIDENTIFIED', message: 'no' }
  const { event } = mapped
  return { ok: true, event: { ...event, fields: { ...event.fields, reason: null }, fingerprint: 1 } }
}
`

before(async () => {
  writeFileSync(candidate, candidateText)
  const { exitCode, errors } = await fleet(['topics', 'apply'])
  assert.equal(exitCode, 0, errors)
  const { kafkaBrokers, registryUrl } = settings
  const broker = connectKafka({ brokers: kafkaBrokers, clientId: 'test' })
  admin = await broker.openAdmin()
  appender = await broker.openAppender()
  const registry = httpRegistry(registryUrl)
  const [registered] = await registerSchemas(registry, [topics.raw])
  assert.equal(registered?.compatible, true)
  codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  await codec.load([topics.raw])
})

after(async () => {
  await appender.close()
  await admin.close()
  rmSync(folder, { recursive: true, force: true })
  const url = `${settings.registryUrl}/subjects/${subject}`
  await fetch(url, { method: 'DELETE' }).catch(() => undefined)
})

async function fleet(
  args: readonly string[],
  stopping = never,
  onOutput: (output: string) => void = () => {},
) {
  const terminal = fakeTerminal()
  const { write } = terminal
  terminal.write = text => {
    write(text)
    onOutput(terminal.output)
  }
  const exitCode = await runFleet(args, { terminal, stopping })
  return { exitCode, output: terminal.output, errors: terminal.errors }
}

async function deliver(eventId: string, resourceId: string): Promise<void> {
  const body = { ...bodyOf(eventId), event_type: eventType, resource_id: resourceId }
  const raw = rawOf(body)
  const key = resourceKey(raw.tenant_id, 'reservation', resourceId)
  const partition = partitionOf(key, (await admin.offsets(topics.raw.name)).length)
  await appender.append({
    topic: topics.raw.name,
    partition,
    key,
    value: codec.encode(topics.raw, raw),
  })
}

interface Report {
  ok: boolean
  present: string
  candidate: string
  changed: number
  dangers: Record<string, number>
  dead_letters: { becoming: Record<string, number> }
  by_event_type: Record<string, { changed: number; fields: Record<string, number> }>
  examples: { topic: string; partition: number; offset: number; event_type: string }[]
  retries: { become_conflicts: number }
}

test('a range of the raw topic, two mappers, what would change and what would harm', async () => {
  for (const [event, resource] of [
    ['E1', `${run}a`],
    ['E2', `${run}b`],
    ['E1', `${run}a`],
    ['gone', `${run}c`],
  ] as const) {
    await deliver(event, resource)
  }
  const shadow = ['mapper', 'shadow', '--candidate', candidate, '--from', 'earliest']
  const { exitCode, output, errors } = await fleet([...shadow, '--json', '--examples', '1000'])
  assert.equal(errors, '')
  const report = JSON.parse(output) as Report
  assert.equal(exitCode, 1)
  assert.equal(report.ok, false)
  assert.equal(report.candidate, '2-integration')
  assert.deepEqual(report.dangers, { fingerprint: 3, becomes_dead_letter: 1 })
  assert.deepEqual(report.dead_letters.becoming, { UNIDENTIFIED: 1 })
  assert.deepEqual(report.by_event_type, {
    [eventType]: { changed: 4, fields: { fingerprint: 3, reason: 3 } },
  })
  assert.equal(report.retries.become_conflicts, 1)
  assert.equal(report.examples.length, 4)
  for (const example of report.examples) {
    assert.equal(example.topic, topics.raw.name)
    assert.equal(example.event_type, eventType)
  }
  assert.doesNotMatch(output, /late/, 'values are shown on demand only')
})

test('before the range nothing is read, and the same mapper changes nothing', async () => {
  const shadow = ['mapper', 'shadow', '--json', '--candidate', candidate]
  const old = await fleet([...shadow, '--to', '2020-01-01T00:00:00Z'])
  assert.equal((JSON.parse(old.output) as Report).changed, 0)
  assert.equal(old.exitCode, 0)
  const same = fileURLToPath(new URL('../../', import.meta.url))
  const { exitCode, output } = await fleet(['mapper', 'shadow', '--candidate', same])
  assert.equal(exitCode, 0, output)
  assert.match(output, /: 0 would change/)
})

test('it follows what comes and tells it at once', async () => {
  const stopping = new AbortController()
  const args = ['mapper', 'shadow', '--candidate', candidate, '--from', 'latest', '--follow']
  const resource = `${run}d`
  const following = fleet([...args, '--timeout', '60'], stopping.signal, output => {
    if (output.includes(eventType)) stopping.abort()
  })
  const delivering = (async () => {
    // It may look for the end of the topic only after the first ones.
    for (let i = 0; i < 300 && !stopping.signal.aborted; i++) {
      await deliver(`F${i}`, resource)
      await systemClock.sleep(100, stopping.signal).catch(() => {})
    }
  })()
  const { exitCode, output } = await following
  stopping.abort()
  await delivering
  assert.equal(exitCode, 1)
  assert.match(output, new RegExp(`^${eventType} fleet\\.raw\\.v1-\\d+@\\d+ fingerprint`))
  assert.match(output, /not without harm mapper 1 and 2-integration/)
})

test('a deprecation is a version of its own in the registry, which keeps its attributes', async () => {
  const registry = httpRegistry(settings.registryUrl)
  const first = JSON.stringify(JSON.parse(currentSchema('CrmRecord')))
  const schema = JSON.parse(first) as { fields: { name: string }[] }
  const field = schema.fields.find(({ name }) => name === 'severity')
  const promise = { deprecatedSince: '2026-11-01', removeAfter: '2027-05-31' }
  Object.assign(field ?? {}, promise, { replacedBy: 'category' })
  const second = JSON.stringify(schema)
  await registry.requireCompatibility(subject)
  const ids = [await registry.register(subject, first)]
  assert.deepEqual(await registry.checkCompatible(subject, second), { compatible: true })
  ids.push(await registry.register(subject, second))
  assert.notEqual(ids[0], ids[1])
  assert.equal(await registry.findVersion(subject, second), 2)
  assert.equal(await registry.findId(subject, first), ids[0])
  assert.deepEqual(JSON.parse((await registry.findSchema(ids[1] ?? 0)) ?? '{}'), schema)
})
