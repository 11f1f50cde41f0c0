// A Kafka and a schema registry of the attack's own, on free ports and in a folder of its own, and the
// `fleet` command as processes beside them: ones that can be killed.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { DeadLetter, Topic } from '@fleet/contracts'
import { deadLetterOf } from '@fleet/dlq'
import { connectKafka } from '@fleet/kafka'
import type { Broker, InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { freePorts, startInfrastructure } from '../../../../infra/local/index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const partitions = 6

export interface Ended {
  /** Null: by a signal. */
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

export interface Running {
  readonly child: ChildProcess
  readonly errors: () => string
  readonly ended: Promise<Ended>
}

export class World {
  readonly #env: NodeJS.ProcessEnv
  readonly #broker: Broker
  readonly #codec: Codec
  #letters = 0

  private constructor(env: NodeJS.ProcessEnv, broker: Broker, codec: Codec) {
    this.#env = env
    this.#broker = broker
    this.#codec = codec
  }

  /** Ends all of it when the work has ended. */
  static async with(work: (world: World) => Promise<void>): Promise<void> {
    mkdirSync(tmpdir(), { recursive: true })
    const dataDir = mkdtempSync(join(tmpdir(), 'fleet-attack-kafka-'))
    const [kafkaPort = 0, registryPort = 0] = await freePorts(2)
    const infrastructure = await startInfrastructure({
      dataDir,
      kafkaPort,
      registryPort,
      redisPort: 0,
      partitions,
      only: ['kafka', 'registry'],
    })
    const end = async (): Promise<void> => {
      await infrastructure.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
    // Ctrl-C leaves nothing behind either.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void end().finally(() => process.exit(1)))
    }
    try {
      const { brokers, registryUrl } = infrastructure
      const env = {
        ...process.env,
        FLEET_ENV: 'attack',
        FLEET_DATA_DIR: dataDir,
        FLEET_KAFKA_BROKERS: brokers.join(','),
        FLEET_REGISTRY_URL: registryUrl,
        FLEET_PARTITIONS: String(partitions),
        FLEET_CONTROL_PLANE: 'on',
        FLEET_ENDPOINTS_FILE: join(dataDir, 'endpoints.json'),
      }
      writeSecrets(dataDir)
      const broker = connectKafka({ brokers, clientId: 'attack' })
      const registry = httpRegistry(registryUrl)
      const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
      await work(new World(env, broker, codec))
    } finally {
      await end()
    }
  }

  start(argv: readonly string[]): Running {
    const child = spawn(process.execPath, [join(root, 'packages/cli/bin/fleet.js'), ...argv], {
      cwd: root,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, errors] = ['', '']
    child.stdout.on('data', data => (output += String(data)))
    child.stderr.on('data', data => (errors += String(data)))
    const ended = new Promise<Ended>(resolve =>
      child.on('close', code => resolve({ code, output, errors })),
    )
    return { child, errors: () => errors, ended }
  }

  fleet(...argv: readonly string[]): Promise<Ended> {
    return this.start(argv).ended
  }

  /** Whole letters of the sink for reservations and the like, over all partitions. */
  async makeLetters(count: number, tenant: string): Promise<string[]> {
    const topic = topics.deadLetters['crm-sink']
    await this.#codec.load([topic])
    const appender = await this.#broker.openAppender()
    const origin = topics.events.reservation.name
    const ids: string[] = []
    const appending: Promise<unknown>[] = []
    for (let made = 0; made < count; made++) {
      const offset = this.#letters++
      const partition = offset % partitions
      const timestampMs = systemClock.wallMs()
      const value = Buffer.from(`value ${offset}`)
      const letter = deadLetterOf(
        'crm-sink',
        { topic: origin, partition, offset, timestampMs, key: null, value, headers: {} },
        { code: 'INTERNAL', message: 'broken', tenantId: tenant, eventId: `e-${offset}` },
        timestampMs * 1000,
        null,
        text => createHash('sha256').update(text).digest('hex'),
      )
      ids.push(letter.dead_letter_id)
      const record = { topic: topic.name, partition, key: null }
      appending.push(appender.append({ ...record, value: this.#codec.encode(topic, letter) }))
    }
    await Promise.all(appending)
    await appender.close()
    return ids
  }

  /** What replays have sent of these letters, one entry for each time. */
  async sent(ids: readonly string[]): Promise<DeadLetter[]> {
    const records = await this.#read(topics.redrive)
    const values = records.flatMap(({ value }) => (value === null ? [] : [value]))
    await this.#codec.prepare(values)
    return values
      .map(value => this.#codec.decode(topics.redrive, value) as DeadLetter)
      .filter(letter => ids.includes(letter.dead_letter_id))
  }

  async countOf(topic: Topic): Promise<number> {
    return (await this.#read(topic)).length
  }

  /** All that stands in the topic now. */
  async #read({ name: topic }: Topic): Promise<InRecord[]> {
    const admin = await this.#broker.openAdmin()
    const ends = await admin.offsets(topic)
    await admin.close()
    const reader = await this.#broker.openReader({ maxWaitMs: 50 })
    const read: InRecord[] = []
    try {
      for (const { partition, logStart, lastStable } of ends) {
        let at = logStart
        const stream = reader.open([{ topic, partition, offset: at }])
        while (at < lastStable) {
          const { records, positions } = await Promise.race([stream.take(500, 500), reader.failed])
          read.push(...records)
          at = positions[0]?.offset ?? at
        }
        stream.close()
      }
    } finally {
      await reader.close()
    }
    return read
  }
}

function writeSecrets(dataDir: string): void {
  const secrets = join(dataDir, 'secrets')
  mkdirSync(secrets, { recursive: true })
  writeFileSync(join(secrets, 'control.keys'), `m1:${randomBytes(32).toString('base64')}\n`)
  const key = { id: 'p1', key_base64: randomBytes(32).toString('base64') }
  writeFileSync(join(secrets, 'provenance.json'), JSON.stringify({ keys: [key] }))
  const endpoints = [
    {
      id: 'levy',
      tenant_id: 'acme',
      source: 'levy',
      adapter: 'generic',
      signature: { header: 'x-levy-signature' },
      secrets: [{ id: 'k1', ref: 'file:k1' }],
    },
  ]
  writeFileSync(join(secrets, 'k1'), 'levy-secret-1')
  writeFileSync(join(dataDir, 'endpoints.json'), JSON.stringify({ version: 1, endpoints }))
}
