// make kill-ingest: brokers and ingesters killed at random while deliveries come; everything that was
// answered 200 must stand in the topic. See --help.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

import {
  fetchDistribution,
  foldersOf,
  kafkaClasspath,
  readLocalSettings,
} from '../../../../infra/local/index.ts'
import { seeded } from '../../../faults/seeded.ts'
import type { Seeded } from '../../../faults/seeded.ts'
import { Cluster } from '../../../faults/world/cluster.ts'
import { stablePorts } from '../../../faults/world/stable-ports.ts'
import { fleet } from '../../../faults/world/world.ts'
import { eachCommitted } from '../../../support/committed-reader.ts'
import { describeMachine } from '../../process/machine.ts'
import { startRegistryServer } from '../../process/registry-server.ts'
import { ConnectionPool } from './connections.ts'
import { bodyOf, requestOf } from './deliveries.ts'
import { Edge } from './edge.ts'
import { readNumbers } from './options.ts'
import { Tally } from './tally.ts'

const help = `Three brokers (replication 3, two in sync for a write) and two ingesters. Every few seconds one of them is
killed with SIGKILL and comes back. Each request has a body of its own and is sent once. The client's log of
200s is compared, by the SHA-256 of the body, with what Kafka's Java client reads from the topic.

  make kill-ingest                             200,000 requests
  make kill-ingest ARGS="--requests 5000 --seed 7"

  --requests N   default 200000
  --rate N       a second at most, default 1500; two minutes at the least have enough kills in them
  --seed N       decides whom it hits and when; default by the time
  --help

Ends with: RESULT {"name":"kill-ingest","requests","answers":{status:n},"broker_kills","ingester_kills",
"accepted","lost","unknown","doubled","seed"}
(status 0: no answer; unknown: in the topic and never sent; doubled: more than once in the topic)
Status 0: nothing is lost or unknown; 1: something is; 2: wrong usage.
`

const startedMs = systemClock.elapsedMs()
const say = (text: string): void => {
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${seconds.padStart(7)}s  ${text}\n`)
}
const partitions = 6
const connectionsOfEach = 64
const answerMsMax = 20_000
const pauseMsMin = 1500
const pauseMsMax = 6000
const downMsMax = 5000
const wholeMsMax = 180_000
const cutPauseMs = 500

const hashOf = (body: string | Uint8Array): string =>
  createHash('sha256').update(body).digest('base64')

interface System {
  readonly cluster: Cluster
  readonly edges: readonly Edge[]
  readonly jars: string
  stop(): Promise<void>
}

async function start(dataDir: string): Promise<System> {
  const { dist } = readLocalSettings().folders
  await fetchDistribution(foldersOf(dataDir, dist), say)
  const jars = kafkaClasspath(dist)
  say('starting three brokers')
  const cluster = await Cluster.start(dataDir, dist, jars)
  const registry = await startRegistryServer()
  const edges: Edge[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(edges.map(edge => edge.stop()))
    registry.close()
    await cluster.stop()
  }
  try {
    await cluster.answers()
    const environment = {
      FLEET_KAFKA_BROKERS: cluster.direct,
      FLEET_PARTITIONS: String(partitions),
    }
    await fleet(environment, 'topics', 'apply')
    say('starting two ingesters')
    const ports = await stablePorts(2)
    for (const [index, port] of ports.entries()) {
      const name = `ingester-${index + 1}`
      const plan = {
        dataDir,
        brokers: cluster.proxied,
        registryUrl: registry.url,
        partitions,
        port,
      }
      edges.push(new Edge({ ...plan, name }))
    }
    await Promise.all(edges.map(edge => edge.start()))
    return { cluster, edges, jars, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Kills {
  brokers: number
  ingesters: number
}

/** One at a time is down of the brokers: with two of three no write is possible, which is another test. */
async function killing(
  { cluster, edges }: System,
  random: Seeded,
  kills: Kills,
  signal: AbortSignal,
): Promise<void> {
  const between = (least: number, most: number): number => least + random.next() * (most - least)
  while (!signal.aborted) {
    await systemClock.sleep(between(pauseMsMin, pauseMsMax), signal)
    if (signal.aborted) return
    if (random.next() < 0.5) {
      const edge = edges[Math.floor(random.next() * edges.length)]
      kills.ingesters++
      say(`kill -9 ${edge?.process.plan.name ?? ''}`)
      await edge?.process.kill()
      await edge?.ready()
      continue
    }
    const id = 1 + Math.floor(random.next() * cluster.brokers.length)
    kills.brokers++
    say(`kill -9 broker ${id}`)
    await cluster.kill(id)
    await systemClock.sleep(between(0, downMsMax), signal)
    await cluster.whole(wholeMsMax)
  }
}

interface Sent {
  readonly tally: Tally
  /** Hashes of all bodies, and whether they were answered 200. */
  readonly bodies: Map<string, boolean>
}

async function sendAll(edges: readonly Edge[], requests: number, rate: number): Promise<Sent> {
  const tally = new Tally()
  const bodies = new Map<string, boolean>()
  const run = `kill-${process.pid}-${Date.now()}`
  const beganMs = systemClock.elapsedMs()
  let next = 0
  const worker = async (pool: ConnectionPool): Promise<void> => {
    for (let index = next++; index < requests; index = next++) {
      const waitMs = beganMs + (index * 1000) / rate - systemClock.elapsedMs()
      if (waitMs > 0) await systemClock.sleep(waitMs)
      const body = bodyOf(run, index)
      const hash = hashOf(body)
      bodies.set(hash, false)
      const answer = (await pool.send(requestOf(body))) ?? { status: 0, ms: 0 }
      tally.add(answer)
      if (answer.status === 200) bodies.set(hash, true)
      // Nobody hammers a closed port.
      if (answer.status === 0) await systemClock.sleep(cutPauseMs)
      if (index % 10_000 === 0 && index > 0) say(`${index} sent: ${tally.text()}`)
    }
  }
  const pools = edges.map(
    ({ port }) => new ConnectionPool({ port, connectionsMax: connectionsOfEach, answerMsMax }),
  )
  await Promise.all(
    pools.flatMap(pool => Array.from({ length: connectionsOfEach }, () => worker(pool))),
  )
  for (const pool of pools) pool.close()
  return { tally, bodies }
}

/** How often each body stands in the topic, by its hash: made here, not taken from the record. */
async function storedBodies({ cluster, jars }: System): Promise<Map<string, number>> {
  const codec = await openCodec({
    registry: memoryRegistry(),
    cacheFile: null,
    clock: systemClock,
  })
  const values: Buffer[] = []
  await eachCommitted(jars, cluster.direct, [topics.raw.name], ({ value }) => {
    if (value !== null) values.push(value)
  })
  await codec.prepare(values)
  const counts = new Map<string, number>()
  for (const value of values) {
    const { body } = codec.decode(topics.raw, value) as RawDelivery
    const hash = hashOf(body)
    counts.set(hash, (counts.get(hash) ?? 0) + 1)
  }
  return counts
}

function judge({ tally, bodies }: Sent, stored: Map<string, number>, kills: Kills, seed: number) {
  const accepted = [...bodies].filter(([, isAccepted]) => isAccepted)
  return {
    name: 'kill-ingest',
    requests: bodies.size,
    answers: tally.byStatus(),
    broker_kills: kills.brokers,
    ingester_kills: kills.ingesters,
    accepted: accepted.length,
    lost: accepted.filter(([hash]) => !stored.has(hash)).length,
    unknown: [...stored.keys()].filter(hash => !bodies.has(hash)).length,
    doubled: [...stored.values()].filter(count => count > 1).length,
    seed,
  }
}

async function run(requests: number, rate: number, seed: number): Promise<number> {
  mkdirSync(tmpdir(), { recursive: true })
  const dataDir = mkdtempSync(join(tmpdir(), 'fleet-kill-'))
  const kills: Kills = { brokers: 0, ingesters: 0 }
  const stopping = new AbortController()
  let system: System | null = null
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      void (system?.stop() ?? Promise.resolve()).finally(() => process.exit(1))
    })
  }
  try {
    system = await start(dataDir)
    say(`sending ${requests} requests, seed ${seed}`)
    const killed = killing(system, seeded(seed, 'kills'), kills, stopping.signal)
    const sent = await sendAll(system.edges, requests, rate)
    stopping.abort()
    await killed
    say(`answered: ${sent.tally.text()}`)
    await system.cluster.whole(wholeMsMax)
    say('reading the topic')
    const result = judge(sent, await storedBodies(system), kills, seed)
    process.stdout.write(`\nRESULT ${JSON.stringify(result)}\n`)
    const isTried = result.accepted > 0 && kills.brokers + kills.ingesters > 0
    return isTried && result.lost === 0 && result.unknown === 0 ? 0 : 1
  } finally {
    stopping.abort()
    await system?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const numbers = readNumbers(help, { requests: 200_000, rate: 1500, seed: Date.now() % 1_000_000 })
if (numbers !== null) {
  describeMachine(say)
  const { requests, rate, seed } = numbers
  process.exitCode = await run(requests, rate, seed)
}
