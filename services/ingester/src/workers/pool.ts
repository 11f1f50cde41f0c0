// The processes of one ingester: starts them, replaces one that ended unasked, asks all to end, and shows
// them as one. Does no work of the edge itself: it must be there when a worker is not.

import { FleetError, messageOf, stopProcess } from '@fleet/runtime'
import type { Clock, Scope } from '@fleet/runtime'
import type { Counter, Logger, Metrics } from '@fleet/telemetry'
import { isFleetMessage } from './look.ts'
import type { Look, PrimaryMessage, WorkerMessage } from './look.ts'
import { MetricsSum } from './metrics-sum.ts'
import { mergedLook } from './merged-look.ts'
import type { Seen } from './merged-look.ts'
import { restartPauseMs } from './restart-pause.ts'

/** What is used of a worker of node:cluster. */
export interface WorkerProcess {
  readonly process: {
    readonly pid?: number | undefined
    kill(signal: 'SIGTERM' | 'SIGKILL'): unknown
  }
  isConnected(): boolean
  send(message: unknown): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'exit', listener: (status: number | null, signal: string | null) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface PoolOptions {
  readonly count: number
  readonly fork: () => WorkerProcess
  readonly scope: Scope
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
}

/** A worker that does not answer by then hangs, and so do the senders that were handed to it. */
const answerMsMax = 1000
/** Before the life of this process ends, so that no worker outlives it. */
const stopMsMax = 9200

interface Slot {
  readonly number: number
  worker: WorkerProcess | null
  /** It reported: it takes deliveries. */
  isUp: boolean
  /** It or one before it. */
  wasUp: boolean
  startedMs: number
  pauseMs: number
  cancelStart: () => void
  /** Its last report. */
  look: Look | null
  readonly waiting: Map<number, (look: Look | null) => void>
}

export class WorkerPool {
  readonly #options: PoolOptions
  readonly #slots: Slot[] = []
  readonly #ended: Counter
  #gone = ''
  #asks = 0
  #isFailed = false
  #unclean: string | null = null
  #onExit = (): void => {}

  constructor(options: PoolOptions) {
    this.#options = options
    const { metrics, count } = options
    this.#ended = metrics.counter(
      'fleet_ingest_worker_exits_total',
      'Worker processes that ended unasked and were replaced.',
    )
    this.#ended.add(0)
    metrics.gauge('fleet_ingest_workers', 'Worker processes that are alive.', () => [
      { value: this.#slots.filter(({ worker }) => worker !== null).length },
    ])
    for (let number = 1; number <= count; number++) {
      this.#slots.push({
        number,
        worker: null,
        isUp: false,
        wasUp: false,
        startedMs: 0,
        pauseMs: 0,
        cancelStart: () => {},
        look: null,
        waiting: new Map(),
      })
    }
  }

  start(): void {
    for (const slot of this.#slots) this.#start(slot)
  }

  /** Resolves when every worker has ended; rejects when one did not end as asked. */
  async stop(): Promise<void> {
    const { clock } = this.#options
    for (const { worker, isUp, cancelStart } of this.#slots) {
      cancelStart()
      // One that is still loading would not hear a message.
      if (!isUp) worker?.process.kill('SIGTERM')
      else if (worker?.isConnected() === true) stopProcess(worker)
    }
    const cancelKill = clock.after(stopMsMax, () => {
      for (const { worker } of this.#slots) worker?.process.kill('SIGKILL')
    })
    while (this.#slots.some(({ worker }) => worker !== null)) {
      await new Promise<void>(resolve => {
        this.#onExit = resolve
      })
    }
    cancelKill()
    if (this.#unclean !== null) throw new Error(this.#unclean)
  }

  #start(slot: Slot): void {
    const { clock, fork } = this.#options
    const worker = fork()
    slot.worker = worker
    slot.startedMs = clock.elapsedMs()
    worker.on('message', message => {
      if (isFleetMessage(message)) this.#hear(slot, worker, message as WorkerMessage)
    })
    worker.on('error', error => this.#say(slot, 'worker.error', messageOf(error)))
    worker.on('exit', (status, signal) => this.#exited(slot, status, signal))
  }

  #exited(slot: Slot, status: number | null, signal: string | null): void {
    const { clock, scope, logger } = this.#options
    const ranMs = clock.elapsedMs() - slot.startedMs
    const pid = slot.worker?.process.pid
    const how = signal ?? `status ${status}`
    const isClean = status === 0 || !slot.isUp
    slot.worker = null
    slot.isUp = false
    this.#keepCounts(slot)
    for (const answer of slot.waiting.values()) answer(null)
    if (scope.stopping.aborted) {
      if (!isClean && !this.#isFailed) this.#unclean ??= `worker ${slot.number} ended with ${how}`
      return this.#onExit()
    }
    if (this.#isFailed) return
    // It has written why, and its successor would read the same settings.
    if (status === 2) return this.#fail('CONFIG', `worker ${slot.number} ended with ${how}`)
    this.#ended.add(1)
    slot.pauseMs = restartPauseMs(slot.pauseMs, ranMs)
    logger.error({ worker: slot.number, pid, how, pauseMs: slot.pauseMs }, 'worker.ended')
    slot.cancelStart = clock.after(slot.pauseMs, () => this.#start(slot))
  }

  /** Sums must not fall because a worker is gone: a fall would look like a restart of all. */
  #keepCounts(slot: Slot): void {
    if (slot.look === null) return
    const sum = new MetricsSum()
    sum.add(this.#gone, 'left out')
    sum.add(slot.look.metrics, 'left out')
    this.#gone = sum.text()
    slot.look = null
  }

  #hear(slot: Slot, worker: WorkerProcess, message: WorkerMessage): void {
    switch (message.fleet) {
      case 'report':
        slot.look = message.look
        slot.isUp = true
        slot.wasUp = true
        if (message.ask !== null) slot.waiting.get(message.ask)?.(message.look)
        return
      case 'fatal':
        return this.#fail(message.code, `worker ${slot.number}: ${message.message}`)
      case 'show':
        void this.look().then(look => {
          tell(worker, { fleet: 'shown', ask: message.ask, look })
        })
    }
  }

  /** All workers as they stand now. */
  async look(): Promise<Look> {
    const { metrics } = this.#options
    const ask = ++this.#asks
    const seen = await Promise.all(this.#slots.map(slot => this.#ask(slot, ask)))
    return mergedLook(seen, { gone: this.#gone, own: await metrics.text() })
  }

  async #ask(slot: Slot, ask: number): Promise<Seen> {
    const { number, worker, isUp, wasUp } = slot
    if (worker === null || !isUp) {
      return { number, state: wasUp ? 'ended' : 'starting', look: null }
    }
    const { clock } = this.#options
    const look = await new Promise<Look | null>(resolve => {
      const cancel = clock.after(answerMsMax, () => resolve(null))
      slot.waiting.set(ask, answer => {
        cancel()
        resolve(answer)
      })
      tell(worker, { fleet: 'report', ask })
    })
    slot.waiting.delete(ask)
    if (look !== null) return { number, state: 'running', look }
    if (slot.worker !== worker) return { number, state: 'ended', look: null }
    return { number, state: 'silent', look: slot.look }
  }

  #fail(code: string, message: string): void {
    this.#isFailed = true
    this.#options.scope.fail(new FleetError(code, 'fatal', message))
  }

  #say({ number }: Slot, event: string, problem: string): void {
    this.#options.logger.warn({ worker: number, problem }, event)
  }
}

/** A channel that closes meanwhile is followed by an exit, which is what counts. */
function tell(worker: WorkerProcess, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message)
}
