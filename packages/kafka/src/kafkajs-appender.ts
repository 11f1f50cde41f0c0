// Appends outside transactions with natural batching: one request per leader is under way, what
// arrives meanwhile goes into the next. No client retries: with them a send that spans partitions can
// resolve without having written (reliability F1). The caller answers 503 and the sender repeats.

import { FleetError, messageOf, systemClock } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import { unreachable } from './errors.ts'
import { createCluster, protocolErrorOf } from './kafkajs.ts'
import type { BrokerNode, Cluster, ConnectionSettings } from './kafkajs.ts'
import { Requests } from './kafkajs-requests.ts'
import { leaderOf } from './leader-of.ts'
import { LeaderRequest } from './leader-request.ts'
import type { Waiting } from './leader-request.ts'
import { refusal } from './refusals.ts'
import type { Appender, AppenderOptions, CommittedOffset } from './ports.ts'
import { decodeProduceResponse, encodeProduceRequest, produceApi } from './produce-request.ts'
import { coverError, exactCover, tpName } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import { anonymous, noSequence } from './record-batch-encoder.ts'
import { recordBytes } from './record.ts'
import type { OutRecord } from './record.ts'

const requestTimeoutMsDefault = 5000
/**
 * 22 to 28 records a request at saturation, measured with the peers. This many come in one long turn of an
 * event loop, and what is left over waits for another: 500 halved what an overloaded process could take.
 */
const batchRecordsMaxDefault = 2000
/**
 * With this many there is no waiting for the end of the turn: libuv goes on reading as long as connections are
 * ready, a turn may last seconds then, and nobody would be answered meanwhile.
 */
const fullRecords = 500
const pendingBytesMaxDefault = 64 * 1024 * 1024
/** Metadata known to be stale is asked for at most this often, however many records fail by it. */
const refreshEveryMs = 100

export async function openKafkaJsAppender(
  settings: ConnectionSettings,
  options: AppenderOptions = {},
  clock: Clock = systemClock,
): Promise<Appender> {
  const requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault
  const cluster = createCluster({ ...settings, requestTimeoutMs })
  try {
    await cluster.connect()
    await cluster.refreshMetadata()
  } catch (error) {
    await cluster.disconnect().catch(() => {})
    throw unreachable(settings.brokers, error)
  }
  return new KafkaJsAppender(cluster, { ...options, requestTimeoutMs }, clock)
}

export class KafkaJsAppender implements Appender {
  readonly #cluster: Cluster
  readonly #requestTimeoutMs: number
  readonly #batchRecordsMax: number
  readonly #pendingBytesMax: number
  #waiting: Waiting[] = []
  /** Added since it was last looked at who can be sent. */
  #added = 0
  #pendingBytes = 0
  #scheduled = false
  #busy = new Set<number>()
  #preparing = false
  #metadataStale = false
  #refreshedMs = -Infinity
  #closing: Promise<void> | null = null
  #idle: (() => void) | null = null
  readonly #clock: Clock
  readonly #topics = new Set<string>()
  readonly #requests = new Requests()
  healthy = true

  constructor(cluster: Cluster, options: AppenderOptions, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
    this.#requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault
    this.#batchRecordsMax = options.batchRecordsMax ?? batchRecordsMaxDefault
    this.#pendingBytesMax = options.pendingBytesMax ?? pendingBytesMaxDefault
  }

  append(record: OutRecord, notAfterMs = Infinity): Promise<{ offset: number }> {
    if (this.#closing !== null) {
      return Promise.reject(new FleetError('CLOSED', 'fatal', 'The appender is closed'))
    }
    const bytes = recordBytes(record)
    if (this.#pendingBytes + bytes > this.#pendingBytesMax) {
      const message = `More than ${this.#pendingBytesMax} bytes wait for Kafka`
      return Promise.reject(new FleetError('OVERLOADED', 'transient', message))
    }
    this.#pendingBytes += bytes
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, bytes, notAfterMs, resolve, reject })
      this.#added++
      if (!this.#goesWithTheNext(record)) this.#schedule()
    })
  }

  /** The end of the request that is under way to its leader will take it along. */
  #goesWithTheNext(record: OutRecord): boolean {
    if (this.#busy.size === 0 || !this.#topics.has(record.topic)) return false
    const leader = leaderOf(this.#cluster, record)
    return leader !== null && this.#busy.has(leader)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#pendingBytes > 0) {
      await new Promise<void>(resolve => {
        this.#idle = resolve
      })
    }
    await this.#cluster.disconnect()
  }

  /** After the requests read in this turn of the event loop, so that they share a batch. */
  #schedule(): void {
    if (this.#preparing) return
    if (this.#added >= fullRecords) return void this.#flush()
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0 || this.#preparing) return
    this.#preparing = true
    this.#added = 0
    let byLeader: Map<number, LeaderRequest>
    try {
      await this.#refresh()
      byLeader = this.#takeByLeader()
    } catch (error) {
      this.#failAll('APPEND_FAILED', error)
      return
    } finally {
      this.#preparing = false
    }
    for (const [nodeId, request] of byLeader) void this.#send(nodeId, request)
  }

  async #refresh(): Promise<void> {
    const unknown = new Set<string>()
    for (const { record } of this.#waiting) {
      if (!this.#topics.has(record.topic)) unknown.add(record.topic)
    }
    if (unknown.size > 0) {
      await this.#cluster.addMultipleTargetTopics([...unknown])
      for (const topic of unknown) this.#topics.add(topic)
    }
    const isDue = this.#clock.elapsedMs() - this.#refreshedMs >= refreshEveryMs
    if (this.#metadataStale && isDue) {
      this.#refreshedMs = this.#clock.elapsedMs()
      await this.#cluster.connect()
      await this.#cluster.refreshMetadata()
      this.#metadataStale = false
    } else await this.#cluster.refreshMetadataIfNecessary()
  }

  /** Takes what idle leaders can have now; the rest keeps waiting. */
  #takeByLeader(): Map<number, LeaderRequest> {
    const taken = new Map<number, LeaderRequest>()
    const kept: Waiting[] = []
    const nowMs = this.#clock.elapsedMs()
    for (const item of this.#waiting) {
      if (item.notAfterMs <= nowMs) {
        this.#settle(item, new FleetError('OVERLOADED', 'transient', 'It waited too long'))
        continue
      }
      const leader = leaderOf(this.#cluster, item.record)
      if (leader === null) {
        this.#settle(item, new FleetError('APPEND_FAILED', 'transient', 'No leader is known'))
        this.#metadataStale = true
        continue
      }
      if (this.#busy.has(leader)) {
        kept.push(item)
        continue
      }
      let request = taken.get(leader)
      if (request === undefined) {
        taken.set(leader, (request = new LeaderRequest(this.#batchRecordsMax)))
      }
      if (!request.add(item)) kept.push(item)
    }
    this.#waiting = kept
    return taken
  }

  async #send(nodeId: number, request: LeaderRequest): Promise<void> {
    this.#busy.add(nodeId)
    const batches = new Map(request.batches.map(batch => [tpName(batch), batch]))
    let sent = false
    try {
      const node = await this.#cluster.findBroker({ nodeId })
      sent = true
      for (const { baseOffset, ...tp } of await this.#produce(node, request.batches)) {
        const batch = batches.get(tpName(tp))
        batch?.items.forEach((item, index) => this.#settle(item, { offset: baseOffset + index }))
      }
      this.healthy = true
    } catch (error) {
      this.healthy = false
      this.#metadataStale = true
      const code = sent ? 'APPEND_UNKNOWN' : 'APPEND_FAILED'
      const failure =
        refusal(error) ?? new FleetError(code, 'transient', messageOf(error), { cause: error })
      for (const item of request.items()) this.#settle(item, failure)
    } finally {
      this.#busy.delete(nodeId)
      if (this.#waiting.length > 0) this.#schedule()
    }
  }

  async #produce(node: BrokerNode, batches: readonly PartitionBatch[]): Promise<CommittedOffset[]> {
    const answer = await this.#requests.send(node.connectionPool, produceApi, writer =>
      encodeProduceRequest(writer, {
        transactionalId: null,
        origin: anonymous,
        timeoutMs: this.#requestTimeoutMs,
        batches,
        firstSequence: () => noSequence,
        nowMs: this.#clock.wallMs(),
      }),
    )
    const cover = exactCover(batches, decodeProduceResponse(answer))
    if (!cover.ok) throw coverError(cover, protocolErrorOf)
    return cover.offsets
  }

  #failAll(code: string, cause: unknown): void {
    this.healthy = false
    this.#metadataStale = true
    const failure = refusal(cause) ?? new FleetError(code, 'transient', messageOf(cause), { cause })
    for (const item of this.#waiting.splice(0)) this.#settle(item, failure)
  }

  #settle(item: Waiting, outcome: { offset: number } | FleetError): void {
    this.#pendingBytes -= item.bytes
    if (outcome instanceof FleetError) item.reject(outcome)
    else item.resolve(outcome)
    if (this.#pendingBytes === 0) this.#idle?.()
  }
}
