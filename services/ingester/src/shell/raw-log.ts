// The way to Kafka: schema ids, the appender, and the check that topics are as we write them. Comes up in
// the background and is tried again until it does, so that the edge can say why it is not ready.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { Admin, Appender } from '@fleet/kafka'
import { FleetError, fateOf, messageOf, withDeadline } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

export interface RawLog {
  /** Null until everything is there. */
  readonly appender: Appender | null
  readonly kafkaState: string
  readonly schemaState: string
  /** Sends what waits, then disconnects. */
  close(): Promise<void>
}

type LogAdmin = Pick<Admin, 'describeTopics' | 'describeCluster' | 'close'>

/** What the edge needs of a broker. */
export interface LogBroker {
  openAppender(): Promise<Appender>
  openAdmin(): Promise<LogAdmin>
}

export interface RawLogOptions {
  readonly codec: Codec
  readonly broker: LogBroker
  readonly partitions: number
  readonly clock: Clock
  readonly logger: Logger
  /** Told what waiting can't mend. */
  readonly onFatal: (error: unknown) => void
}

const written = [topics.raw, topics.security]

/** Between two tries to come up, and two looks at a broker that failed. */
const retryEveryMs = 1000
/** While all is well; with the probe's own limit, an outage is known within five seconds. */
const probeEveryMs = 3000
/** A broker that hangs is as gone as one that refuses, and readiness must say so before senders tell. */
const probeMsMax = 2000

export function openRawLog(options: RawLogOptions): RawLog {
  const log = new ConnectingLog(options)
  void log.run()
  return log
}

class ConnectingLog implements RawLog {
  readonly #options: RawLogOptions
  readonly #closing = new AbortController()
  #admin: LogAdmin | null = null
  #running: Promise<void> = Promise.resolve()
  appender: Appender | null = null
  schemaState = 'not looked up yet'
  #kafkaState = 'not connected yet'

  constructor(options: RawLogOptions) {
    this.#options = options
  }

  /** What the last probe said: senders must not be the first to learn that Kafka is away. */
  get kafkaState(): string {
    return this.#kafkaState
  }

  run(): Promise<void> {
    this.#running = this.#comeUp().then(() => this.#watch())
    return this.#running
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.appender?.close()
    await this.#admin?.close()
  }

  async #comeUp(): Promise<void> {
    const { codec, broker } = this.#options
    await this.#until('schemas', async () => {
      await codec.load(written)
      this.schemaState = 'ok'
    })
    await this.#until('kafka', async () => {
      this.#admin ??= await broker.openAdmin()
      await this.#checkTopics(this.#admin)
      this.appender = await broker.openAppender()
      this.#kafkaState = 'ok'
    })
  }

  async #until(what: 'schemas' | 'kafka', attempt: () => Promise<void>): Promise<void> {
    const { clock, logger, onFatal } = this.#options
    while (!this.#closing.signal.aborted) {
      try {
        await attempt()
        return
      } catch (error) {
        const problem = messageOf(error)
        if (what === 'schemas') this.schemaState = problem
        else this.#kafkaState = problem
        if (fateOf(error) === 'fatal') {
          onFatal(error)
          return
        }
        logger.warn({ waitingFor: what, problem }, 'service.waiting')
        await clock.sleep(retryEveryMs, this.#closing.signal)
      }
    }
  }

  async #checkTopics(admin: LogAdmin): Promise<void> {
    const { partitions } = this.#options
    const found = await admin.describeTopics(
      written.map(({ name }) => name),
      { config: false },
    )
    for (const [index, { name }] of written.entries()) {
      const topic = found[index] ?? null
      if (topic === null) {
        const message = `topic ${name} does not exist; run fleet topics apply`
        throw new FleetError('TOPIC_MISSING', 'transient', message)
      }
      if (topic.partitions !== partitions) {
        const message = `topic ${name} has ${topic.partitions} partitions, settings say ${partitions}`
        throw new FleetError('PARTITION_MISMATCH', 'fatal', message)
      }
    }
  }

  async #watch(): Promise<void> {
    const { clock } = this.#options
    while (!this.#closing.signal.aborted) {
      const isWell = this.#kafkaState === 'ok' && this.appender?.healthy === true
      await clock.sleep(isWell ? probeEveryMs : retryEveryMs, this.#closing.signal)
      if (this.#admin === null || this.#closing.signal.aborted) continue
      try {
        const answer = this.#admin.describeCluster()
        await withDeadline(clock, probeMsMax, 'an answer of the cluster', answer)
        this.#kafkaState = 'ok'
      } catch (error) {
        this.#kafkaState = messageOf(error)
      }
    }
  }
}
