// Writes when keys of senders were last used, beside the deliveries and never in their way: a record a
// minute for a key in use, however many deliveries it signed.

import { keyUseRecord } from '@fleet/control'
import type { Appender } from '@fleet/kafka'
import { messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'
import { KeyUses } from '../core/key-uses.ts'

export interface KeyUsePublisherOptions {
  readonly appender: () => Pick<Appender, 'append' | 'healthy'> | null
  readonly clock: Clock
  readonly logger: Logger
}

export type NoteKeyUse = (endpointId: string, keyId: string, atMs: number) => void

/** How exact "last used" is. */
const everyMs = 60_000
/** More keys than this wait for the next minute. */
const recordsMax = 500

export class KeyUsePublisher {
  readonly #options: KeyUsePublisherOptions
  readonly #uses = new KeyUses()
  #cancel: () => void
  #problem = ''

  constructor(options: KeyUsePublisherOptions) {
    this.#options = options
    this.#cancel = this.#later()
  }

  note(endpointId: string, keyId: string, atMs: number): void {
    this.#uses.note(endpointId, keyId, atMs)
  }

  /** Writes what was noted since; a process that is killed loses a minute of it. */
  async close(): Promise<void> {
    this.#cancel()
    await this.#write()
  }

  #later(): () => void {
    return this.#options.clock.after(everyMs, () => {
      // Before the writing: a broker that hangs must not be asked twice, and closing stops this one.
      void this.#write().then(() => (this.#cancel = this.#later()))
    })
  }

  async #write(): Promise<void> {
    const appender = this.#options.appender()
    if (appender?.healthy !== true) return
    const uses = this.#uses.take(recordsMax)
    const written = await Promise.allSettled(
      uses.map(({ endpointId, keyId, atMs }) =>
        appender.append(
          keyUseRecord({ endpointId, keyId, lastUsedAt: new Date(atMs).toISOString() }),
        ),
      ),
    )
    this.#uses.putBack(uses.filter((_use, index) => written[index]?.status === 'rejected'))
    const failed = written.find(each => each.status === 'rejected')
    const problem = failed === undefined ? '' : messageOf(failed.reason)
    if (problem !== '' && problem !== this.#problem) {
      this.#options.logger.warn({ problem }, 'key_uses.not_written')
    }
    this.#problem = problem
  }
}
