// The topic in which ingesters note when a sender's key was last used. It is a help for operators: when it
// can't be read, what is known stays, and nothing else waits for it.

import { topics } from '@fleet/contracts'
import type { Broker, InRecord, OutRecord } from '@fleet/kafka'
import { messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import { encodeKeyUse, keyUseKey, NewestUses, parseKeyUse } from '../core/key-use.ts'
import type { KeyUse } from '../core/key-use.ts'
import { controlPartition } from './read-control-topic.ts'

const { name: topic } = topics.controlUses
const takeMax = 1000
const waitMs = 500
const retryMs = 5000
/** The end is known, so it comes; a broker that goes away meanwhile must not hold us for ever. */
const emptyTakesMax = 20

export function keyUseRecord(use: KeyUse): OutRecord {
  const value = Buffer.from(encodeKeyUse(use))
  return { topic, partition: controlPartition, key: keyUseKey(use), value }
}

function take(uses: NewestUses, records: readonly InRecord[]): void {
  for (const { value } of records) {
    const use = value === null ? null : parseKeyUse(value.toString('utf8'))
    if (use !== null) uses.take(use)
  }
}

/** All that is written by now. */
export async function readKeyUses(broker: Broker): Promise<KeyUse[]> {
  const admin = await broker.openAdmin()
  const offsets = await admin.offsets(topic)
  await admin.close()
  const end = offsets.find(({ partition }) => partition === controlPartition)?.lastStable ?? 0
  const uses = new NewestUses()
  const reader = await broker.openReader()
  const stream = reader.open([{ topic, partition: controlPartition, offset: -1 }])
  try {
    for (let at = 0, empty = 0; at < end && empty < emptyTakesMax;) {
      const { records, positions } = await Promise.race([
        stream.take(takeMax, waitMs),
        reader.failed,
      ])
      take(uses, records)
      empty = records.length === 0 ? empty + 1 : 0
      at = positions[0]?.offset ?? at
    }
  } finally {
    stream.close()
    await reader.close()
  }
  return uses.all()
}

export interface KeyUsesFollowerOptions {
  readonly broker: Pick<Broker, 'openReader'>
  readonly clock: Clock
  readonly logger: Logger
}

export class KeyUsesFollower {
  readonly #options: KeyUsesFollowerOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  readonly uses = new NewestUses()

  constructor(options: KeyUsesFollowerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options
    let told = ''
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#follow()
      } catch (error) {
        const problem = messageOf(error)
        if (problem !== told) logger.warn({ problem }, 'control.uses_not_read')
        told = problem
        await clock.sleep(retryMs, this.#stopping.signal)
      }
    }
  }

  /** From the start each time: the topic is compacted, and what was read once does no harm. */
  async #follow(): Promise<void> {
    const reader = await this.#options.broker.openReader()
    const stream = reader.open([{ topic, partition: controlPartition, offset: -1 }])
    const wake = (): void => stream.wake()
    this.#stopping.signal.addEventListener('abort', wake, { once: true })
    try {
      while (!this.#stopping.signal.aborted) {
        const taken = await Promise.race([stream.take(takeMax, waitMs), reader.failed])
        take(this.uses, taken.records)
      }
    } finally {
      this.#stopping.signal.removeEventListener('abort', wake)
      stream.close()
      await reader.close()
    }
  }
}
