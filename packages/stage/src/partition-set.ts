// The partitions this process works on now: starts and stops their loops as membership changes. A
// handler survives a rebalance, so that a kept partition need not be restored from the beginning.

import { FleetError, messageOf } from '@fleet/runtime'

import type { PartitionHandler } from './partition-handler.ts'
import { runPartition } from './partition-loop.ts'
import type { LoopDependencies } from './partition-loop.ts'

interface Running {
  stopping: AbortController
  done: Promise<void>
}

export class PartitionSet<Handler extends PartitionHandler> {
  readonly handlers = new Map<number, Handler>()
  readonly #make: (partition: number) => Handler
  readonly #loop: LoopDependencies
  /** Each until its loop has ended. */
  readonly #running = new Map<number, Running>()
  #fail: (error: FleetError) => void = () => {}
  /** Rejects when a partition's loop ended for good. */
  readonly failed: Promise<never>

  constructor(make: (partition: number) => Handler, loop: LoopDependencies) {
    this.#make = make
    this.#loop = loop
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
  }

  /** Starts the loops of these partitions; handlers of others are closed and forgotten. */
  assign(partitions: readonly number[]): void {
    for (const [partition, handler] of this.handlers) {
      if (partitions.includes(partition)) continue
      this.handlers.delete(partition)
      void handler.close()
    }
    for (const partition of partitions) {
      const handler = this.handlers.get(partition) ?? this.#make(partition)
      this.handlers.set(partition, handler)
      this.#start(partition, handler)
    }
  }

  /** At most one loop works on a handler: a second would restore memory while the first uses it. */
  #start(partition: number, handler: Handler): void {
    const earlier = this.#running.get(partition)
    earlier?.stopping.abort()
    const stopping = new AbortController()
    const run = async (): Promise<void> => {
      try {
        await earlier?.done
        await runPartition(handler, stopping.signal, this.#loop)
      } catch (error) {
        this.#fail(
          error instanceof FleetError
            ? error
            : new FleetError('TASK_FAILED', 'fatal', messageOf(error), { cause: error }),
        )
      }
      if (this.#running.get(partition) === running) this.#running.delete(partition)
    }
    const running = { stopping, done: Promise.resolve() }
    this.#running.set(partition, running)
    running.done = run()
  }

  /**
   * Ends all loops after the transaction each has under way; memory is kept. Whoever calls it while
   * others wait waits as long: a rebalance may come while the stage is being stopped.
   */
  async pause(): Promise<void> {
    const running = [...this.#running.values()]
    for (const { stopping } of running) stopping.abort()
    await Promise.all(running.map(({ done }) => done))
  }

  async close(): Promise<void> {
    await this.pause()
    await Promise.all([...this.handlers.values()].map(handler => handler.close()))
    this.handlers.clear()
  }
}
