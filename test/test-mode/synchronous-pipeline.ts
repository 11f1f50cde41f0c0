// The whole way of a delivery without a broker: identified as at the edge, decided by the processor, and
// by every sink in turn, with the declarations that run in production. One partition.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { allTopics, domains, topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import { identify, parseEndpoints, toRawDelivery } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { driveStage } from '@fleet/stage'
import type { StageDeclaration, TaskState } from '@fleet/stage'

import { eventBody } from '../../packages/cli/src/send/event-body.ts'
import type { SampleEvent } from '../../packages/cli/src/send/event-body.ts'
import { accountingSink } from '../../services/accounting-sink/src/index.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../services/alerting-sink/src/index.ts'
import { automation, readPolicies } from '../../services/automation/src/index.ts'
import { crmSink } from '../../services/crm-sink/src/index.ts'
import { processorStage } from '../../services/processor/src/index.ts'
import { keyRing } from '../simulation/world/declarations.ts'

const tickMs = 5000

const reading = parseEndpoints(readFileSync('infra/local/endpoints.json', 'utf8'), 'development')
assert.ok(reading.ok)
const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))

export interface Output {
  readonly key: string
  readonly value: unknown
}

export interface Given extends Output {
  readonly timestampMs: number
}

interface Running {
  readonly name: string
  readonly inputs: readonly Topic[]
  pipe(topic: Topic, record: { key: string; value: unknown; timestampMs: number }): string
  tick(nowMs: number): void
  outputs(topic: Topic): readonly Output[]
  /** What it remembers, as text by key. */
  memory(): ReadonlyMap<string, string>
}

function running<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
): Running {
  const driver = driveStage(declaration, { partition: 0, partitionCount: 1 })
  return {
    name: declaration.name,
    inputs: declaration.inputs,
    pipe: (topic, record) => driver.pipe(topic, record).verdict,
    tick: nowMs => {
      if (declaration.tick !== undefined) driver.tick(nowMs)
    },
    outputs: topic => (declaration.outputs.includes(topic) ? driver.outputs(topic) : []),
    memory: () =>
      new Map(driver.changelog().map(({ key, value }) => [key, value?.toString('utf8') ?? ''])),
  }
}

export class SynchronousPipeline {
  readonly #stages: readonly Running[]
  /** How much of a stage's output another has taken, by both names and topic: a topic may have two writers. */
  readonly #taken = new Map<string, number>()

  /** What a stage was given, as it would stand in its topics. */
  readonly #order = new Map<string, Given[]>()

  constructor() {
    const processor = processorStage({
      settings: {
        dedupeWindowHours: 168,
        maxSkewSeconds: 300,
        stateHorizonDays: 400,
        seenIdsMax: 1000,
      },
      keyRing: () => keyRing,
      endpoints: () => endpoints,
      platform,
    })
    this.#stages = [
      running(processor),
      running(crmSink({ stateHorizonDays: 400 })),
      running(accountingSink()),
      running(alertingRouter({ tickMs })),
      running(alertingSink({ detectors: readDetectorSettings('infra/alerts/detectors.json') })),
      running(
        automation({ tickMs, policies: readPolicies('infra/local/automation-policies.json') }),
      ),
    ]
    for (const { name } of this.#stages) this.#order.set(name, [])
  }

  /** One delivery as its source sends it; what the processor said of each of its records. */
  send(endpointId: string, event: SampleEvent, appendedAtMs: number): string[] {
    const endpoint = endpoints.get(endpointId)
    assert.ok(endpoint !== undefined, endpointId)
    return this.sendBody(endpoint, eventBody(endpoint, event), event.eventId, appendedAtMs)
  }

  sendBody(
    endpoint: Endpoint,
    content: Readonly<Record<string, unknown>>,
    eventId: string,
    appendedAtMs: number,
  ): string[] {
    const body = Buffer.from(JSON.stringify(content))
    const headers = { 'webhook-id': eventId, 'webhook-timestamp': String(appendedAtMs / 1000) }
    const receivedAt = appendedAtMs * 1000
    const identified = identify(endpoint, body, headers, receivedAt, platform)
    assert.ok(identified.kind === 'records')
    const processor = this.#stages[0]
    assert.ok(processor !== undefined)
    const origin = {
      deliveryId: eventId,
      tenantId: endpoint.tenantId,
      endpointId: endpoint.id,
      source: endpoint.source,
      receivedAtMicros: receivedAt,
      remoteIp: null,
      headers,
      body,
      bodySha256: Buffer.alloc(32),
      signatureScheme: `${endpoint.adapter}/hmac-sha256`,
      signatureKeyId: 'k1',
    }
    return identified.parts.map(part => {
      const value = toRawDelivery(origin, part)
      const verdict = processor.pipe(topics.raw, {
        key: part.key,
        value,
        timestampMs: appendedAtMs,
      })
      this.#pass(appendedAtMs)
      return verdict
    })
  }

  endpoint(id: string): Endpoint {
    const endpoint = endpoints.get(id)
    assert.ok(endpoint !== undefined)
    return endpoint
  }

  tick(nowMs: number): void {
    for (const stage of this.#stages) {
      stage.tick(nowMs)
      this.#pass(nowMs)
    }
  }

  /** Normalized events of all domains. */
  events(): Output[] {
    return domains.flatMap(domain => this.outputs(topics.events[domain]))
  }

  outputs(topic: Topic): Output[] {
    return this.#stages.flatMap(stage => stage.outputs(topic))
  }

  /** Everything any stage wrote, but the events, by topic. */
  effects(): Map<string, Output[]> {
    const events = new Set<Topic>(domains.map(domain => topics.events[domain]))
    return new Map(
      allTopics
        .filter(topic => !events.has(topic))
        .map((topic): [string, Output[]] => [topic.name, this.outputs(topic)])
        .filter(([, outputs]) => outputs.length > 0),
    )
  }

  given(stage: string): readonly Given[] {
    return this.#order.get(stage) ?? []
  }

  /** What the stages behind the processor remember. */
  memories(): Map<string, ReadonlyMap<string, string>> {
    return new Map(this.#stages.slice(1).map(stage => [stage.name, stage.memory()]))
  }

  /** Feeds every stage what those before it have written since. */
  #pass(timestampMs: number): void {
    for (const stage of this.#stages) {
      for (const topic of stage.inputs) {
        if (topic === topics.raw) continue
        for (const writer of this.#stages) {
          const place = `${stage.name} ${writer.name} ${topic.name}`
          const written = writer.outputs(topic)
          for (const { key, value } of written.slice(this.#taken.get(place) ?? 0)) {
            assert.equal(stage.pipe(topic, { key, value, timestampMs }), 'published', place)
            this.#order.get(stage.name)?.push({ key, value, timestampMs })
          }
          this.#taken.set(place, written.length)
        }
      }
    }
  }
}
