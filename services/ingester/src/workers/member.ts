// A worker process as its primary sees it: reports how it stands, asks for the picture of all when
// somebody asks it, and says beforehand when its end would be the end of every successor too.

import { codeOf, fateOf, messageOf, withDeadline } from '@fleet/runtime'
import type { Clock, Scope } from '@fleet/runtime'
import { isFleetMessage } from './look.ts'
import type { Look, LookAt, PrimaryMessage, WorkerMessage } from './look.ts'

/** How much of what was counted is lost with a worker that is killed. */
const reportEveryMs = 1000
/** Longer than the primary waits for the others. */
const shownMsMax = 2000

/** The channel to the primary, which node:cluster gives every worker. */
export interface Channel {
  send(message: WorkerMessage): void
  onMessage(listener: (message: unknown) => void): void
}

export function processChannel(): Channel {
  return {
    send: message => {
      if (process.connected) process.send?.(message)
    },
    onMessage: listener => void process.on('message', listener),
  }
}

export class PoolMember {
  readonly #channel: Channel
  readonly #clock: Clock
  readonly #shown = new Map<number, (look: Look) => void>()
  #own: LookAt | null = null
  #asks = 0

  constructor(channel: Channel, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
    channel.onMessage(message => {
      if (isFleetMessage(message)) this.#hear(message as PrimaryMessage)
    })
  }

  /** Runs the work; whatever ends it for good is told before it ends this process. */
  async run(scope: Scope, start: (scope: Scope) => Promise<void>): Promise<void> {
    const telling: Scope = {
      onClose: (name, close) => scope.onClose(name, close),
      stopping: scope.stopping,
      fail: error => {
        this.#tellFatal(error)
        scope.fail(error)
      },
    }
    scope.onClose('last report', () => this.#report(null))
    try {
      await start(telling)
    } catch (error) {
      this.#tellFatal(error)
      throw error
    }
    void this.#reportForEver(scope)
  }

  /** From this process's own look to that of all. */
  shownAs(own: LookAt): LookAt {
    this.#own = own
    return async () => {
      const ask = ++this.#asks
      const answer = new Promise<Look>(resolve => this.#shown.set(ask, resolve))
      this.#channel.send({ fleet: 'show', ask })
      try {
        return await withDeadline(this.#clock, shownMsMax, 'the look at all workers', answer)
      } catch (error) {
        const { checks, metrics } = await own()
        return { checks: { ...checks, workers: messageOf(error) }, metrics }
      } finally {
        this.#shown.delete(ask)
      }
    }
  }

  #hear(message: PrimaryMessage): void {
    if (message.fleet === 'report') void this.#report(message.ask)
    else this.#shown.get(message.ask)?.(message.look)
  }

  async #report(ask: number | null): Promise<void> {
    if (this.#own === null) return
    this.#channel.send({ fleet: 'report', ask, look: await this.#own() })
  }

  async #reportForEver({ stopping }: Scope): Promise<void> {
    while (!stopping.aborted) {
      await this.#report(null)
      await this.#clock.sleep(reportEveryMs, stopping)
    }
  }

  #tellFatal(error: unknown): void {
    if (fateOf(error) !== 'fatal') return
    this.#channel.send({ fleet: 'fatal', code: codeOf(error), message: messageOf(error) })
  }
}
