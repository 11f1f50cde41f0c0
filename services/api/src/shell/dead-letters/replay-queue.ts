// Runs replays in this process: those of one tenant one after the other, those of several side by side, so
// that nobody waits for a replay of another tenant; one over all tenants alone. What fails for good is written
// down as ended.

import type { Replayer, ReplayProgress, ReplayStarted } from '@fleet/dlq'
import { codeOf, fateOf, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

export interface QueuePorts {
  readonly replayer: Pick<Replayer, 'run' | 'fail'>
  readonly clock: Clock
  readonly logger: Logger
  readonly stopping: AbortSignal
}

/** Enough for whoever replays by hand; a loop that went wrong is told so before it fills the topic. */
export const openReplaysMax = 20
const againMs = 5000

/** Null: the replays of the platform, which are of no one tenant. */
type Tenant = string | null

export class ReplayQueue {
  readonly #ports: QueuePorts
  readonly #progress = new Map<string, ReplayProgress>()
  readonly #waiting = new Set<string>()
  readonly #open = new Map<Tenant, number>()
  readonly #chains = new Map<Tenant, Promise<void>>()

  constructor(ports: QueuePorts) {
    this.#ports = ports
  }

  /** Of one tenant only so many may be open; false: it has them. What was taken is to be given back. */
  take(tenant: Tenant): boolean {
    const open = this.#open.get(tenant) ?? 0
    if (open >= openReplaysMax) return false
    this.#open.set(tenant, open + 1)
    return true
  }

  give(tenant: Tenant): void {
    const open = (this.#open.get(tenant) ?? 0) - 1
    if (open > 0) this.#open.set(tenant, open)
    else this.#open.delete(tenant)
  }

  /** Behind those that may send the same letters. Its place must have been taken, and is given back at its end. */
  add(started: ReplayStarted): void {
    const { tenant } = started.filter
    this.#waiting.add(started.replay_id)
    const others = tenant === null ? this.#chains.values() : this.#chainsOf(tenant, null)
    const before = Promise.all(others)
    const chain = before.then(async () => {
      this.#waiting.delete(started.replay_id)
      await this.#run(started)
      this.#progress.delete(started.replay_id)
      this.give(tenant)
      if (this.#chains.get(tenant) === chain) this.#chains.delete(tenant)
    })
    this.#chains.set(tenant, chain)
  }

  #chainsOf(...tenants: Tenant[]): Promise<void>[] {
    return tenants.flatMap(tenant => this.#chains.get(tenant) ?? [])
  }

  /** One of an earlier process, however many there are. */
  resume(started: ReplayStarted): void {
    const { tenant } = started.filter
    this.#open.set(tenant, (this.#open.get(tenant) ?? 0) + 1)
    this.add(started)
  }

  isWaiting(replayId: string): boolean {
    return this.#waiting.has(replayId)
  }

  /** Undefined: nothing was done of it here yet. */
  progressOf(replayId: string): ReplayProgress | undefined {
    return this.#progress.get(replayId)
  }

  /** Resolves when nothing is under way; `stopping` ends it early. */
  async idle(): Promise<void> {
    while (this.#chains.size > 0) await Promise.all(this.#chains.values())
  }

  async #run(started: ReplayStarted): Promise<void> {
    const { clock, logger, stopping } = this.#ports
    const { replay_id: replay } = started
    let failed: { readonly code: string } | null = null
    while (!stopping.aborted) {
      try {
        if (failed === null) await this.#replay(started)
        else await this.#ports.replayer.fail(started, this.#progress.get(replay), failed.code)
        return
      } catch (error) {
        if (stopping.aborted) return
        logger.warn({ event: 'replay.failed', replay, problem: messageOf(error) }, 'replay failed')
        if (failed === null && isForGood(error)) failed = { code: codeOf(error) }
        else await clock.sleep(againMs, stopping)
      }
    }
  }

  async #replay(started: ReplayStarted): Promise<void> {
    const { replayer, logger } = this.#ports
    const { replay_id: replay } = started
    const { matched, sent, refused } = await replayer.run(started, progress => {
      this.#progress.set(replay, { ...progress })
    })
    const counts = { matched, sent, refused }
    logger.info({ event: 'replay.finished', replay, ...counts }, 'dead letters replayed')
  }
}

/**
 * A fatal failure is of this process or its connection, as are those of the Kafka client that come with no
 * fate of ours: the replay goes on when they are over.
 */
function isForGood(error: unknown): boolean {
  const isOfClient = error instanceof Error && error.name.startsWith('KafkaJS')
  return !isOfClient && fateOf(error) === 'poison'
}
