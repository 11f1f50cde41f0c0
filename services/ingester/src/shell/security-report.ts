// What is refused for a matter of security, as records: at once as far as a flood is none, the rest within
// about a minute, as a count.

import type { SecurityEvent } from '@fleet/contracts'
import type { Clock } from '@fleet/runtime'
import { SecurityLog } from '../core/security-log.ts'
import type { Observation } from '../core/security-log.ts'

/** As often as the flood limit of a process allows for more. */
const everyMs = 1000

export class SecurityReport {
  readonly #log = new SecurityLog()
  readonly #publish: (event: SecurityEvent) => void
  readonly #clock: Clock
  #cancel: () => void

  constructor(publish: (event: SecurityEvent) => void, clock: Clock) {
    this.#publish = publish
    this.#clock = clock
    this.#cancel = this.#later()
  }

  observe(observation: Observation): void {
    const elapsedMs = this.#clock.elapsedMs()
    const event = this.#log.observe(observation, { elapsedMs, wallMs: this.#clock.wallMs() })
    if (event !== null) this.#publish(event)
  }

  /** What is held back is told, as far as the flood limit allows. */
  close(): void {
    this.#cancel()
    this.#tell(true)
  }

  #later(): () => void {
    return this.#clock.after(everyMs, () => {
      this.#tell(false)
      this.#cancel = this.#later()
    })
  }

  #tell(all: boolean): void {
    const events = this.#log.heldBack({ elapsedMs: this.#clock.elapsedMs() }, all)
    for (const event of events) this.#publish(event)
  }
}
