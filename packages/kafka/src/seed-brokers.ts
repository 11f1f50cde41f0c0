// The first connection of a client. kafkajs goes on to the next broker of the list only when a connection
// is refused: one that is accepted and closed (a load balancer whose broker is gone) or never answered (a
// frozen machine) it tries again and again, so that no client could start while the first of the list
// is in such a state. Here every failure leads to the next broker, and the last one that worked is first.

import type { Clock } from '@fleet/runtime'

/** kafkajs's pool of the brokers of one cluster. */
export interface SeedPool {
  seedBroker?: {
    connect(): Promise<void>
    versions: unknown
    connectionPool: { host: string; port: number }
  } | null
  versions: unknown
  hasConnectedBrokers(): boolean
  /** Drops the present one and takes the next of the list. */
  createSeedBroker(): Promise<void>
}

/** Each broker of a usual list has its turn twice; longer waiting is the caller's decision. */
const triesMax = 6
const pauseMsMin = 50
const pauseMsMax = 1000

export class SeedBrokers {
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #connecting = new WeakMap<SeedPool, Promise<void>>()
  #worked: string | null = null

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock
  }

  /** The list with the broker in front that answered last. */
  inOrder(brokers: readonly string[]): string[] {
    const isFirst = (broker: string): boolean => broker === this.#worked
    return [...brokers.filter(isFirst), ...brokers.filter(broker => !isFirst(broker))]
  }

  /** What asks for a connection while one is being made waits for that one. */
  connect(pool: SeedPool): Promise<void> {
    if (pool.hasConnectedBrokers()) return Promise.resolve()
    const under = this.#connecting.get(pool)
    if (under !== undefined) return under
    const connecting = this.#inTurn(pool).finally(() => this.#connecting.delete(pool))
    this.#connecting.set(pool, connecting)
    return connecting
  }

  async #inTurn(pool: SeedPool): Promise<void> {
    let pauseMs = pauseMsMin
    for (let tries = 1; ; tries++) {
      if (!pool.seedBroker) await pool.createSeedBroker()
      const { seedBroker } = pool
      try {
        await seedBroker?.connect()
        pool.versions = seedBroker?.versions
        const { host, port } = seedBroker?.connectionPool ?? {}
        this.#worked = `${host}:${port}`
        return
      } catch (error) {
        if (!isRetriable(error) || tries === triesMax) throw error
        await pool.createSeedBroker()
        await this.#clock.sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, pauseMsMax)
      }
    }
  }
}

function isRetriable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retriable' in error && !!error.retriable
}
