// Logs that have gone wrong on a real Kafka. Where memory is in them the partition refuses to start and says
// what to do, the rebuild makes it anew, and what comes after is what an undisturbed stage gives; of the
// processor and of the ledger, whose letters are replayed by a command that is killed meanwhile. In the
// topics of events `fleet verify` names the records.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { domains, headerNames, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery, ResourceState, Topic, UnmappedEvent } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Admin, Appender, Broker, InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { parseEndpoints } from '@fleet/sources'
import { driveStage, readPartition } from '@fleet/stage'

import { freePorts, startInfrastructure } from '../../infra/local/index.ts'
import type { RunningInfrastructure } from '../../infra/local/index.ts'
import { processorStage } from '../../services/processor/src/index.ts'
import { deliveryOf, startedMs } from './state-deliveries.ts'

const outputs = [...domains.map(domain => topics.events[domain]), topics.state]

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fleet-state-'))
const partitions = 6
const broken = 2
const keysText = JSON.stringify({
  keys: [{ id: 'k1', key_base64: Buffer.from('0123456789abcdef'.repeat(2)).toString('base64') }],
})
const keyRing = ProvenanceKeyRing.parse(keysText)
const never = new AbortController().signal

interface World {
  infrastructure: RunningInfrastructure
  env: Record<string, string>
  readyUrl: string
  ledgerReadyUrl: string
  broker: Broker
  admin: Admin
  appender: Appender
  codec: Codec
}
let world: World
const started: ChildProcess[] = []

interface Outcome {
  code: number | null
  output: string
  errors: string
}

function run(args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const program = join(root, 'packages/cli/bin/fleet.js')
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  const outcome: Outcome = { code: null, output: '', errors: '' }
  child.stdout.on('data', data => (outcome.output += String(data)))
  child.stderr.on('data', data => (outcome.errors += String(data)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ ...outcome, code }))
  })
}

const fleet = (...args: string[]): Promise<Outcome> => run(args, world.env)

before(async () => {
  const [kafka = 0, registry = 0, redis = 0, health = 0, ledgerHealth = 0] = await freePorts(5)
  const dataDir = join(folder, 'data')
  mkdirSync(join(dataDir, 'secrets'), { recursive: true })
  writeFileSync(join(dataDir, 'secrets', 'provenance.json'), keysText)
  const infrastructure = await startInfrastructure({
    dataDir,
    kafkaPort: kafka,
    registryPort: registry,
    redisPort: redis,
    partitions,
    only: ['kafka', 'registry'],
  })
  const env = {
    NO_COLOR: '1',
    FLEET_DATA_DIR: dataDir,
    FLEET_KAFKA_BROKERS: infrastructure.brokers.join(','),
    FLEET_REGISTRY_URL: infrastructure.registryUrl,
    FLEET_PARTITIONS: String(partitions),
    FLEET_PROCESSOR_PORT: String(health),
    FLEET_ACCOUNTING_SINK_PORT: String(ledgerHealth),
    FLEET_PROCESSOR_THREADS: '1',
    FLEET_PROVENANCE_KEYS_FILE: join(dataDir, 'secrets', 'provenance.json'),
    FLEET_LOG_LEVEL: 'error',
  }
  for (const verb of [
    ['topics', 'apply'],
    ['schemas', 'register'],
  ]) {
    const { code, errors, output } = await run(verb, env)
    assert.equal(code, 0, errors + output)
  }
  const broker = connectKafka({ brokers: infrastructure.brokers, clientId: 'state-test' })
  const codec = await openCodec({
    registry: httpRegistry(infrastructure.registryUrl),
    cacheFile: null,
    clock: systemClock,
  })
  await codec.load([topics.raw, ...outputs])
  world = {
    infrastructure,
    env,
    readyUrl: `http://127.0.0.1:${health}/ready`,
    ledgerReadyUrl: `http://127.0.0.1:${ledgerHealth}/ready`,
    broker,
    admin: await broker.openAdmin(),
    appender: await broker.openAppender(),
    codec,
  }
})

after(async () => {
  for (const child of started) child.kill('SIGKILL')
  await world.appender.close()
  await world.admin.close()
  await world.infrastructure.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await condition())) {
    assert.ok(performance.now() < end, `timed out: ${what}`)
    await systemClock.sleep(100)
  }
}

const startProcessor = (): ChildProcess => startService('processor')
const startLedger = (): ChildProcess => startService('accounting-sink')

function startService(name: string): ChildProcess {
  const main = join(root, `services/${name}/src/main.ts`)
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    cwd: root,
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  started.push(child)
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await closed
}

interface Inspected {
  partition: number
  ok: boolean
  problem: string | null
  lag: number
  ids: number
  resources: number
  hash_stored: string | null
  hash_computed: string
  resource?: { registers: Record<string, unknown>; signals: Record<string, unknown> } | null
}

async function inspect(...args: string[]): Promise<Inspected[]> {
  const { output, errors } = await fleet(
    'state',
    'inspect',
    '--stage',
    'processor',
    '--json',
    ...args,
  )
  assert.notEqual(output, '', errors)
  return (JSON.parse(output) as { partitions: Inspected[] }).partitions
}

/** Every partition but these has decided all of raw. */
async function caughtUp(...without: number[]): Promise<void> {
  await until('all is decided', async () =>
    (await inspect()).every(({ lag, partition }) => lag === 0 || without.includes(partition)),
  )
}

async function feed(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await append(deliveryOf(n))
  }
}

async function append(raw: RawDelivery): Promise<void> {
  const key = resourceKey('demo', raw.resource_type ?? '', raw.resource_id ?? '')
  const value = world.codec.encode(topics.raw, raw)
  const { mac, keyId } = keyRing.sign(systemClock.wallMs(), key, value)
  await world.appender.append({
    topic: topics.raw.name,
    partition: partitionOf(key, partitions),
    key,
    value,
    headers: { [headerNames.mac]: mac, [headerNames.macKeyId]: keyId },
  })
}

async function read({ name }: Topic, partition: number): Promise<InRecord[]> {
  const reader = await world.broker.openReader({ maxWaitMs: 50 })
  const ends = await world.admin.offsets(name)
  const to = ends.find(each => each.partition === partition)?.lastStable ?? 0
  const all: InRecord[] = []
  await readPartition(reader, { topic: name, partition, from: -1, to }, never, records => {
    all.push(...records)
  })
  await reader.close()
  await world.codec.prepare(all.map(({ value }) => value))
  return all
}

/** What a processor that was never disturbed gives for the same raw records. */
async function undisturbed(partition: number) {
  const file = readFileSync(join(root, 'infra/local/endpoints.json'), 'utf8')
  const reading = parseEndpoints(file, 'development')
  assert.ok(reading.ok)
  const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))
  const settings = {
    dedupeWindowHours: 168,
    maxSkewSeconds: 300,
    stateHorizonDays: 400,
    seenIdsMax: 5_000_000,
  }
  const declaration = processorStage({
    settings,
    keyRing: () => keyRing,
    endpoints: () => endpoints,
    platform,
  })
  const driver = driveStage(declaration, { partition, partitionCount: partitions })
  const verdicts = { published: 0, duplicate: 0, dead_letter: 0 }
  for (const { key, value, timestampMs, offset, headers } of await read(topics.raw, partition)) {
    const decoded = value === null ? null : world.codec.decode(topics.raw, value)
    const piped = { key: String(key), value: decoded, timestampMs, offset, headers }
    verdicts[driver.pipe(topics.raw, piped).verdict]++
  }
  return { driver, verdicts }
}

/** As it is read from the topic, without what depends on the time of processing. */
function plain(topic: Topic, key: string, value: Buffer | null): object {
  if (value === null) return { key, value }
  const read = world.codec.decode(topic, value)
  const withoutTime = (name: string, each: unknown): unknown =>
    name === 'processed_at' ? undefined : each
  return { key, value: JSON.parse(JSON.stringify(read, withoutTime)) as unknown }
}

/**
 * Of the resources in `changed` only that each event is there, once and in its place: the rest depends on
 * what their states were changed to. Returns how many were duplicates.
 */
async function assertAsUndisturbed(
  partition: number,
  changed: ReadonlySet<string> = new Set(),
): Promise<number> {
  const { driver, verdicts } = await undisturbed(partition)
  let published = 0
  for (const topic of outputs) {
    const all = await read(topic, partition)
    const isSame = (key: string): boolean => !changed.has(key)
    const expected = driver
      .outputs(topic)
      .filter(({ key }) => isSame(key))
      .map(({ key, value }) =>
        plain(topic, key, value === null ? null : world.codec.encode(topic, value)),
      )
    const found = all
      .filter(({ key }) => isSame(String(key)))
      .map(({ key, value }) => plain(topic, String(key), value))
    assert.deepEqual(found, expected, `${topic.name}-${partition}`)
    if (topic === topics.state) continue
    published += all.length
    const events = all.map(({ value }) => world.codec.decode(topic, value ?? Buffer.of()))
    const wanted = driver.outputs(topic).map(({ value }) => value)
    assert.deepEqual(events.map(placeInRaw), wanted.map(placeInRaw), `${topic.name}-${partition}`)
  }
  const letters = await read(topics.deadLetters.processor, partition)
  assert.equal(letters.length, verdicts.dead_letter)
  assert.equal(published, verdicts.published)
  return verdicts.duplicate
}

function placeInRaw(event: unknown): string {
  const { event_id, lineage } = event as UnmappedEvent
  return `${event_id} of ${lineage.raw_offset}`
}

async function writeChangelog(key: string, value: Buffer | null): Promise<void> {
  const { name } = topics.changelogs.processor
  await world.appender.append({ topic: name, partition: broken, key, value })
}

async function ready(): Promise<string> {
  const answer = await fetch(world.readyUrl).catch(() => null)
  return (await answer?.text()) ?? ''
}

test('a changelog gone wrong: refused, rebuilt, and then as if nothing had happened', async () => {
  const stages = ['state', 'rebuild', '--stage', 'processor', '--partition', String(broken)]
  await feed(0, 300)
  const first = startProcessor()
  await caughtUp()
  await stop(first)

  // An id and a resource are lost, another resource is as it was once.
  const log = await read(topics.changelogs.processor, broken)
  const rows = log.filter(({ key }) => String(key).startsWith('r/'))
  const [oldest] = rows
  assert.ok(oldest)
  await writeChangelog(String(oldest.key), oldest.value)
  await writeChangelog(String(rows.at(-1)?.key), null)
  await writeChangelog('s/0', Buffer.from('gone'))
  const before = await inspect()
  assert.deepEqual(
    before.filter(({ ok }) => !ok).map(({ partition }) => partition),
    [broken],
  )

  await feed(300, 450)
  const second = startProcessor()
  await caughtUp(broken)
  await until('it says why', async () => (await ready()).includes('fleet state rebuild'))
  assert.match(
    await ready(),
    new RegExp(`"ready":false.*${broken} refused: .*--partition ${broken}`),
  )
  const metrics = await (await fetch(world.readyUrl.replace('ready', 'metrics'))).text()
  assert.match(metrics, /^fleet_stage_state_mismatch\{[^}]*\} 1$/m)

  const tooEarly = await fleet(...stages, '--yes')
  assert.equal(tooEarly.code, 1)
  assert.match(tooEarly.errors, /still has members/)
  await stop(second)

  const unsaid = await fleet(...stages)
  assert.equal(unsaid.code, 2)
  const looked = await fleet(...stages, '--dry-run', '--json')
  assert.equal(looked.code, 0, looked.errors)
  assert.equal((await inspect('--partition', String(broken)))[0]?.ok, false)
  const rebuilt = await fleet(...stages, '--yes', '--json')
  assert.equal(rebuilt.code, 0, rebuilt.errors)
  const again = await fleet(...stages, '--yes', '--json')
  const hashOf = ({ output }: Outcome): string =>
    (JSON.parse(output) as { partitions: { hash_after: string }[] }).partitions[0]?.hash_after ?? ''
  assert.equal(hashOf(again), hashOf(rebuilt))
  assert.equal(hashOf(looked), hashOf(rebuilt))
  const sound = await inspect()
  assert.ok(sound.every(({ ok }) => ok))

  const third = startProcessor()
  await caughtUp()
  await feed(450, 600)
  await caughtUp()
  await stop(third)
  let duplicates = 0
  for (let partition = 0; partition < partitions; partition++) {
    duplicates += await assertAsUndisturbed(partition)
  }
  assert.ok(duplicates > 50, `${duplicates} duplicates are too few to tell`)
})

test('inspect shows what is remembered of one resource', async () => {
  const key = resourceKey('demo', 'vehicle', 'V3')
  const [report] = await inspect(
    '--partition',
    String(partitionOf(key, partitions)),
    '--resource',
    key,
  )
  assert.ok(report?.ok)
  assert.ok((report.ids ?? 0) > 0 && report.resources > 0)
  assert.equal(report.hash_stored, report.hash_computed)
  assert.deepEqual(Object.keys(report.resource?.signals ?? {}), ['odometer-traveleddistance'])
})

interface Violation {
  rule: string
  topic: string
  partition: number
  offset: number
}

test('fleet verify, where events flow: nothing is wrong until a record is, which it names', async () => {
  const running = startProcessor()
  await until('it is ready', async () => (await ready()).includes('"ready":true'))
  let flows = true
  const flow = async (): Promise<void> => {
    for (let n = 600; flows && n < 3000; n += 10) {
      await feed(n, n + 10)
      await systemClock.sleep(50)
    }
  }
  const flowing = flow()
  const during = await fleet('verify', '--json')
  flows = false
  await flowing
  assert.deepEqual((JSON.parse(during.output) as { violations: Violation[] }).violations, [])
  const sound = await fleet('verify', '--wait', '30')
  assert.equal(sound.code, 0, sound.output + sound.errors)

  const partition = broken + 1
  const topic = topics.events.reservation
  const events = await read(topic, partition)
  const [first] = events
  const last = events.at(-1)
  assert.ok(first !== undefined && last !== undefined && first !== last)
  const eventOf = ({ value }: InRecord): UnmappedEvent =>
    world.codec.decode(topic, value ?? Buffer.of()) as UnmappedEvent
  const add = async ({ key, headers }: InRecord, value: Buffer | null): Promise<number> => {
    const record = { topic: topic.name, partition, key, value, headers }
    return (await world.appender.append(record)).offset
  }
  const { lineage, ...rest } = eventOf(last)
  const nowhere = lineage.raw_offset + 100_000
  const doubled = await add(first, first.value)
  const changed = { ...rest, lineage: { ...lineage, raw_offset: nowhere } }
  const stray = await add(last, world.codec.encode(topic, changed))

  const { code, output } = await fleet('verify')
  assert.equal(code, 1)
  const raw = `${topics.raw.name}-${partition}@${eventOf(first).lineage.raw_offset}`
  const place = (offset: number): string => `${topic.name}-${partition}@${offset}`
  assert.deepEqual(
    output.split('\n').filter(line => line.includes('@')),
    [
      `repeated ${raw}: published 2 times: ${topic.name}@${first.offset}, ${topic.name}@${doubled}`,
      `misordered ${place(doubled)}: stands behind a later raw record`,
      `stray ${place(stray)}: comes from raw offset ${nowhere}, which is not there`,
    ],
  )
  await stop(running)
})

test('a state table gone wrong: refused, rebuilt as it is, and every event still goes out once', async () => {
  const { name: topic } = topics.state
  const log = await read(topics.state, broken)
  const [oldest] = log.filter(({ key }) => String(key).includes('/reservation/'))
  const newest = log.findLast(({ key }) => String(key) === String(oldest?.key))
  assert.ok(oldest !== undefined && oldest !== newest)
  const known = String(oldest.key)
  const state = world.codec.decode(topics.state, oldest.value ?? Buffer.of()) as ResourceState
  const foreign = resourceKey('demo', 'reservation', 'foreign')
  const foreignState = { ...state, resource: { type: 'reservation', id: 'foreign' } }
  const writeTable = (key: string, value: Buffer | null): Promise<unknown> =>
    world.appender.append({ topic, partition: broken, key, value })
  await writeTable(known, oldest.value)
  await writeTable(foreign, world.codec.encode(topics.state, foreignState))

  await feed(3000, 3060)
  await feed(600, 640)
  const refused = startProcessor()
  const says = `the changelog and ${topic} of partition ${broken} of processor comes to `
  await until('it says why', async () => (await ready()).includes(says))
  assert.match(
    await ready(),
    new RegExp(`"ready":false.*fleet state rebuild.*--partition ${broken}`),
  )
  await stop(refused)
  const [told] = await inspect('--partition', String(broken))
  assert.equal(told?.ok, false)
  assert.match(told.problem ?? '', /^2 records of fleet\.state\.v1, partition \d, stand behind /)
  const stages = ['--stage', 'processor', '--partition', String(broken)]
  const rebuilt = await fleet('state', 'rebuild', ...stages, '--yes', '--json')
  assert.equal(rebuilt.code, 0, rebuilt.errors)
  const [taken] = await inspect('--partition', String(broken), '--resource', known)
  assert.equal(taken?.ok, true)
  const register = taken.resource?.registers['reservation'] as { event_id: string } | undefined
  assert.equal(register?.event_id, state.registers['reservation']?.event_id)

  const again = startProcessor()
  await feed(3060, 3120)
  await feed(600, 640)
  await caughtUp()
  await stop(again)
  await assertAsUndisturbed(broken, new Set([known, foreign]))
})

const ledger = 'accounting-sink'
const charges = 48

/** A charge; of every fourth the amount is no money. */
async function feedCharge(n: number): Promise<void> {
  const event = {
    event_id: `c-${n}`,
    event_type: 'billing.charge_succeeded',
    occurred_at: new Date(startedMs - n * 1000).toISOString(),
    resource_type: 'charge',
    resource_id: `B${n % 12}`,
    data: { amount: n % 4 === 0 ? '12.345' : `${n}.50`, currency: 'EUR', category: 'fee' },
  }
  const body = Buffer.from(JSON.stringify(event))
  await append({
    ...deliveryOf(1),
    delivery_id: `d-c-${n}-${systemClock.wallMs()}`,
    body,
    body_sha256: createHash('sha256').update(body).digest(),
    event_id: event.event_id,
    source_event_type: event.event_type,
    resource_type: 'charge',
    resource_id: event.resource_id,
    occurred_at: Date.parse(event.occurred_at) * 1000,
  })
}

async function all(topic: Topic): Promise<InRecord[]> {
  const found: InRecord[] = []
  for (let partition = 0; partition < partitions; partition++) {
    found.push(...(await read(topic, partition)))
  }
  return found
}

const lettersOfLedger = async (): Promise<DeadLetter[]> =>
  (await all(topics.deadLetters[ledger])).map(
    ({ value }) =>
      world.codec.decode(topics.deadLetters[ledger], value ?? Buffer.of()) as DeadLetter,
  )

interface Mark {
  hash: string
  entries: number
}

async function markOf(partition: number): Promise<Mark | undefined> {
  const log = await read(topics.changelogs[ledger], partition)
  const last = log.findLast(({ key }) => String(key) === '!progress')
  return (JSON.parse(String(last?.value ?? '{}')) as { state?: Mark }).state
}

test('letters of the ledger, replayed by a command that is killed: it goes on, and each is tried once', async () => {
  startProcessor()
  startLedger()
  for (let n = 0; n < charges; n++) await feedCharge(n)
  const bad = charges / 4
  const isBooked = async (): Promise<boolean> =>
    (await all(topics.accounting)).length === charges - bad &&
    (await lettersOfLedger()).length === bad
  await until('all is booked or refused', isBooked)

  const program = join(root, 'packages/cli/bin/fleet.js')
  const dying = spawn(
    process.execPath,
    [program, 'dlq', 'replay', '--stage', ledger, '--rate', '2'],
    { cwd: root, env: { ...process.env, ...world.env } },
  )
  let said = ''
  dying.stderr.on('data', data => (said += String(data)))
  const acts = async (): Promise<{ kind: string; letter_id: string }[]> =>
    (await all(topics.deadLetterActs)).map(
      ({ value }) => JSON.parse(String(value)) as { kind: string; letter_id: string },
    )
  const replayed = async (): Promise<string[]> =>
    (await acts()).filter(({ kind }) => kind === 'replayed').map(act => act.letter_id)
  await until('it says that some are sent', () => Promise.resolve(/^\d+ sent/m.test(said)))
  const closed = new Promise(resolve => dying.once('close', resolve))
  dying.kill('SIGKILL')
  await closed
  const [, id = ''] = /^replay (\S+)$/m.exec(said) ?? []
  const before = (await replayed()).length
  assert.ok(before > 0 && before < bad, 'it was killed in the middle')

  const other = await fleet('dlq', 'replay', '--tenant', 'demo', '--json')
  assert.equal(other.code, 1)
  assert.ok(other.errors.includes(id) && other.errors.includes('REPLAY_OVERLAPS'), other.errors)
  const resumed = await fleet('dlq', 'replay', '--resume', id, '--json')
  assert.equal(resumed.code, 0, resumed.errors)
  const { matched, sent } = JSON.parse(resumed.output) as { matched: number; sent: number }
  assert.deepEqual([matched, sent], [bad, bad])
  // The amount is still no money: the same letters, each one attempt later, and each once.
  await until('all are tried', async () => (await lettersOfLedger()).length === 2 * bad)
  const again = (await lettersOfLedger()).filter(({ attempt }) => attempt === 2)
  assert.equal(new Set(again.map(({ dead_letter_id: letter }) => letter)).size, bad)
  assert.deepEqual(new Set(await replayed()), new Set(again.map(each => each.dead_letter_id)))
})

test('a changelog of the ledger gone wrong is made anew from its inputs, and the books hold', async () => {
  for (const child of started.filter(each => each.exitCode === null)) await stop(child)
  const entries = await all(topics.accounting)
  const partition = entries[0]?.partition ?? 0
  const sound = await markOf(partition)
  const { name: topic } = topics.changelogs[ledger]
  const rows = (await read(topics.changelogs[ledger], partition)).filter(({ key }) =>
    String(key).startsWith('entry/'),
  )
  await world.appender.append({ topic, partition, key: rows[0]?.key ?? null, value: null })
  await feedCharge(charges + 1)
  startProcessor()
  const refused = startLedger()
  const ready = async (): Promise<string> => {
    const answer = await fetch(world.ledgerReadyUrl).catch(() => null)
    return (await answer?.text()) ?? ''
  }
  const remedy = `fleet state rebuild --stage ${ledger} --partition ${partition}`
  await until('it says why', async () => (await ready()).includes(remedy))
  await stop(refused)

  const written = (await all(topics.accounting)).length
  const command = ['state', 'rebuild', '--stage', ledger, '--partition', String(partition)]
  const rebuilt = await fleet(...command, '--yes', '--json')
  assert.equal(rebuilt.code, 0, rebuilt.errors)
  const [report] = (JSON.parse(rebuilt.output) as { partitions: Rebuilt[] }).partitions
  assert.deepEqual([report?.outputs_equal, report?.inputs_whole], [true, true])
  assert.deepEqual(await markOf(partition), sound)
  assert.equal((await all(topics.accounting)).length, written)

  startLedger()
  for (let n = 0; n < 12; n++) await feedCharge(charges + 2 + n)
  const isBooked = async (): Promise<boolean> =>
    (await all(topics.accounting)).length + (await lettersOfLedger()).length ===
    entries.length + charges / 2 + 13
  await until('the rest is booked', isBooked)
  const verified = await fleet('ledger', 'verify')
  assert.equal(verified.code, 0, verified.output + verified.errors)
})

interface Rebuilt {
  outputs_equal: boolean
  inputs_whole: boolean
}
