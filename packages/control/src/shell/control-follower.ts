// Follows the control topic: every process that needs endpoints or API keys has one. While Kafka is away
// the last good state stays in force; it never goes back to an empty one.

import { topics } from '@fleet/contracts'
import type { Broker, Reader, RecordStream } from '@fleet/kafka'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import { ControlState } from '../core/state.ts'
import { applyRecords, controlPartition } from './read-control-topic.ts'

export interface ControlFollowerOptions {
  readonly broker: Pick<Broker, 'openReader' | 'openAdmin'>
  readonly clock: Clock
  readonly logger: Logger
  /** Called after each change that was read, once all that was there at the start has been read. */
  readonly onChange?: (state: ControlState) => void
}

const takeMax = 1000
const waitMs = 500
const retryMs = 500

export interface ControlFollower {
  /** Empty until all that was there at the start has been read; then always a whole, good one. */
  readonly state: ControlState
  /** `ok` once there is a good state, also while Kafka is away. */
  readonly readiness: string
  /** Why nothing can be read at the moment; null when all is well. */
  readonly problem: string | null
  close(): Promise<void>
}

export function followControl(options: ControlFollowerOptions): ControlFollower {
  return new TopicFollower(options)
}

class TopicFollower implements ControlFollower {
  readonly #options: ControlFollowerOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  state = new ControlState()
  /** Being read for the first time, or again after the topic was lost; becomes `state` when whole. */
  #reading = this.state
  #reader: Reader | null = null
  #stream: RecordStream | null = null
  #position = -1
  /** The end of the topic when this reading began. */
  #whole = Number.POSITIVE_INFINITY
  #problem: string | null = null
  readiness = 'the control topic was not read yet'

  constructor(options: ControlFollowerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get problem(): string | null {
    return this.#problem ?? this.#reader?.problem() ?? null
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    this.#stream?.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#follow()
      } catch (error) {
        const problem = messageOf(error)
        if (problem !== this.#problem) logger.warn({ problem }, 'control.not_read')
        this.#problem = problem
        if (error instanceof FleetError && error.code === 'OFFSET_OUT_OF_RANGE') this.#startOver()
        await clock.sleep(retryMs, this.#stopping.signal)
      }
    }
  }

  /** Positions of a topic that was made anew mean nothing; what is in force stays until it is read. */
  #startOver(): void {
    this.#reading = new ControlState(this.state)
    this.#position = -1
    this.#whole = Number.POSITIVE_INFINITY
  }

  async #follow(): Promise<void> {
    const { broker, logger, onChange } = this.#options
    if (!Number.isFinite(this.#whole)) this.#whole = await this.#endOfTopic()
    const reader = await broker.openReader()
    const topic = topics.control.name
    const from = { topic, partition: controlPartition, offset: this.#position }
    const stream = reader.open([from])
    this.#reader = reader
    this.#stream = stream
    try {
      while (!this.#stopping.signal.aborted) {
        if (this.#position >= this.#whole || this.#whole === 0) this.#becomeWhole()
        const taken = stream.take(takeMax, waitMs)
        const { records, positions } = await Promise.race([taken, reader.failed])
        this.#problem = null
        this.#position = positions[0]?.offset ?? this.#position
        applyRecords(this.#reading, records, logger)
        if (records.length > 0 && this.#reading === this.state && this.readiness === 'ok') {
          onChange?.(this.state)
        }
      }
    } finally {
      this.#reader = null
      this.#stream = null
      stream.close()
      await reader.close()
    }
  }

  #becomeWhole(): void {
    if (this.readiness === 'ok' && this.#reading === this.state) return
    this.state = this.#reading
    this.readiness = 'ok'
    this.#options.logger.info({ revision: this.state.revision }, 'control.loaded')
    this.#options.onChange?.(this.state)
  }

  async #endOfTopic(): Promise<number> {
    const admin = await this.#options.broker.openAdmin()
    try {
      const offsets = await admin.offsets(topics.control.name)
      const own = offsets.find(({ partition }) => partition === controlPartition)
      if (own === undefined) {
        const message = `topic ${topics.control.name} is missing; run: fleet topics apply`
        throw new FleetError('TOPIC_MISSING', 'fatal', message)
      }
      return own.lastStable
    } finally {
      await admin.close().catch(() => {})
    }
  }
}
