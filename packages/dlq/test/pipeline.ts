// The stages on the in-memory broker, as in production, each of which can be made to fail for chosen
// events; and a replayer beside them.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { allTopics, headerNames, partitionOf, topics } from '@fleet/contracts'
import type { DeadLetter, StageName, Topic } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Appender, MemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { platform, ProvenanceKeyRing, sha256 } from '@fleet/signatures'
import { identifierVersion, identify, parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { runStage, StageMeters } from '@fleet/stage'
import type { RunningStage, StageDeclaration, TaskState } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { accountingSink } from '../../../services/accounting-sink/src/index.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../../services/alerting-sink/src/index.ts'
import { automation } from '../../../services/automation/src/index.ts'
import { crmSink } from '../../../services/crm-sink/src/index.ts'
import { processorStage } from '../../../services/processor/src/index.ts'
import { policies } from '../../../test/simulation/plan/policies.ts'
import { LetterLog, Replayer } from '../src/index.ts'
import type { ReplayPorts, ReplayRequest } from '../src/index.ts'

export const partitions = 2
const deadlineMs = 30_000

export const keyRing = ProvenanceKeyRing.parse(
  JSON.stringify({ keys: [{ id: 'p1', key_base64: Buffer.alloc(32, 7).toString('base64') }] }),
)

function demoEndpoints(): Map<string, Endpoint> {
  const endpoint = { id: 'levy', tenant_id: 'demo', source: 'levy', adapter: 'generic' }
  const secrets = [{ id: 'k1', ref: 'file:k1' }]
  const signature = { header: 'x-signature', algorithm: 'hmac-sha256', encoding: 'hex' }
  const paths = {
    event_id: '$.event_id',
    event_type: '$.event_type',
    occurred_at: '$.occurred_at',
    resource_id: '$.resource_id',
    resource_type: '$.resource_type',
    data: '$.data',
  }
  const file = { version: 1, endpoints: [{ ...endpoint, secrets, signature, paths }] }
  const reading = parseEndpoints(JSON.stringify(file), 'development')
  assert.ok(reading.ok, JSON.stringify(reading))
  return new Map(reading.endpoints.map(each => [each.id, each]))
}

export const endpoints = demoEndpoints()
const detectors = readDetectorSettings('infra/alerts/detectors.json')

export const replayAll: ReplayRequest = {
  filter: { stages: null, ids: null, codes: null, tenant: null, types: null, from: null, to: null },
  by: 'test',
  reason: null,
  ratePerSecond: 100_000,
  includeDiscarded: false,
  again: false,
  patch: null,
}

export class Pipeline {
  readonly broker: MemoryBroker = createMemoryBroker({
    topics: allTopics.map(({ name }) => name),
    partitions,
  })
  readonly codec: Codec
  /** `<stage> <event id>`: fails as if by a defect of ours. */
  readonly broken = new Set<string>()
  readonly stopping = new AbortController()
  #running: RunningStage[] = []
  readonly appender: Appender

  private constructor(codec: Codec, appender: Appender) {
    this.codec = codec
    this.appender = appender
  }

  static async open(): Promise<Pipeline> {
    const codec = await openCodec({
      registry: memoryRegistry(),
      cacheFile: null,
      clock: systemClock,
    })
    await codec.load(allTopics.filter(({ schema }) => schema !== null))
    const pipeline = new Pipeline(codec, undefined as never)
    const appender = await pipeline.broker.openAppender()
    Object.assign(pipeline, { appender })
    return pipeline
  }

  /** Starts stages, all by default. */
  async start(names?: readonly StageName[]): Promise<void> {
    const add = async <State extends TaskState<Change>, Change>(
      declaration: StageDeclaration<State, Change>,
    ): Promise<void> => {
      if (names !== undefined && !names.includes(declaration.name)) return
      this.#running.push(await this.#run(declaration))
    }
    const settings = {
      dedupeWindowHours: 168,
      maxSkewSeconds: 300,
      stateHorizonDays: 400,
      seenIdsMax: 10_000,
    }
    await add(
      processorStage({ settings, keyRing: () => keyRing, endpoints: () => endpoints, platform }),
    )
    await add(crmSink())
    await add(accountingSink())
    await add(alertingRouter({ tickMs: 50 }))
    await add(alertingSink({ detectors }))
    await add(automation({ tickMs: 50, policies }))
  }

  #run<State extends TaskState<Change>, Change>(
    declaration: StageDeclaration<State, Change>,
  ): Promise<RunningStage> {
    const { name } = declaration
    return runStage(
      {
        ...declaration,
        decide: (state, input) => {
          const value = JSON.stringify(input.value)
          for (const each of this.broken) {
            const [stage, id] = each.split(' ')
            if (stage === name && value.includes(`"${id}"`)) throw new Error('broken')
          }
          return declaration.decide(state, input)
        },
      },
      {
        environment: 'test',
        broker: this.broker,
        codec: this.codec,
        metrics: new StageMeters(createMetrics('test')).forStage(name),
        logger: silentLogger,
        clock: systemClock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      },
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map(stage => stage.stop()))
    this.#running = []
  }

  /** As the edge writes it. */
  async deliver(
    body: string,
    options: { receivedAtMs?: number; forged?: boolean } = {},
  ): Promise<void> {
    const bytes = Buffer.from(body)
    const endpoint = endpoints.get('levy')
    assert.ok(endpoint !== undefined)
    const receivedAt = (options.receivedAtMs ?? systemClock.wallMs()) * 1000
    const identified = identify(endpoint, bytes, {}, receivedAt, platform)
    assert.ok(identified.kind === 'records')
    for (const part of identified.parts) {
      const value = this.codec.encode(topics.raw, {
        delivery_id: systemIds.uuid(),
        tenant_id: 'demo',
        endpoint_id: 'levy',
        source: 'levy',
        channel: 'WEBHOOK',
        received_at: receivedAt,
        remote_ip: null,
        headers: {},
        content_type: null,
        body: bytes,
        body_sha256: sha256(bytes),
        signature_scheme: 'generic/hmac-sha256',
        signature_key_id: 'k1',
        event_id: part.eventId,
        source_event_type: part.sourceEventType,
        resource_type: part.resourceType,
        resource_id: part.resourceId,
        occurred_at: part.occurredAt,
        delivery_attempt: null,
        part_index: part.partIndex,
        part_count: part.partCount,
        unidentified_reason: part.unidentifiedReason,
        identifier_version: identifierVersion,
        replay_id: null,
        body_key_id: null,
      })
      const { mac, keyId } = keyRing.sign(systemClock.wallMs(), part.key, value)
      const proof = options.forged === true ? Buffer.alloc(32, 1) : mac
      await this.appender.append({
        topic: topics.raw.name,
        partition: partitionOf(part.key, partitions),
        key: part.key,
        value,
        headers: { [headerNames.mac]: proof, [headerNames.macKeyId]: keyId },
      })
    }
  }

  /** Values of a topic, by partition and offset. */
  valuesOf<Value>(topic: Topic): Value[] {
    return Array.from({ length: partitions }, (_, partition) =>
      this.broker
        .log({ topic: topic.name, partition })
        .read(0, 100_000)
        .records.flatMap(({ value }) =>
          value === null ? [] : [this.codec.decode(topic, value) as Value],
        ),
    ).flat()
  }

  letters(stage: StageName): DeadLetter[] {
    return this.valuesOf(topics.deadLetters[stage])
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + deadlineMs
    while (!condition()) {
      assert.ok(performance.now() < end, `timed out: ${what}`)
      await systemClock.sleep(2)
    }
  }

  async replayer(more: Partial<ReplayPorts> = {}): Promise<Replayer> {
    return new Replayer({
      letters: await this.letterLog(),
      appender: this.appender,
      codec: this.codec,
      clock: systemClock,
      ids: systemIds,
      partitionCount: partitions,
      keyRing: () => keyRing,
      endpoints: () => endpoints,
      stopping: this.stopping.signal,
      ...more,
    })
  }

  async letterLog(): Promise<LetterLog> {
    const admin = await this.broker.openAdmin()
    const reader = await this.broker.openReader()
    return new LetterLog({ admin, reader, stopping: this.stopping.signal }, this.codec)
  }
}
