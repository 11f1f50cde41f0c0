// Waiting for the schemas of records: in order, for as long as it takes, because a record whose schema is
// not there yet may be a good one, and passing it over would change the order.

import type { Codec } from '@fleet/codec'
import { retryDelayMs, taskRetry } from '@fleet/dlq'
import type { InRecord, RecordStream } from '@fleet/kafka'
import { fateOf } from '@fleet/runtime'
import type { Clock, Random } from '@fleet/runtime'

/** False: stopped first. Told of each attempt that failed. */
export async function awaitSchemas(
  records: readonly InRecord[],
  stopping: AbortSignal,
  { codec, clock, random }: { codec: Codec; clock: Clock; random: Random },
  onWaiting: (error: unknown, attempt: number) => void,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await codec.prepare(records.map(({ value }) => value))
      return true
    } catch (error) {
      if (fateOf(error) !== 'transient') throw error
      onWaiting(error, attempt)
      await clock.sleep(retryDelayMs(taskRetry, attempt, random.next()), stopping)
      if (stopping.aborted) return false
    }
  }
}

const foreseeEveryMs = 500

/**
 * An unknown schema is waited for before it is poison: that may as well begin while the records before
 * it are decided.
 */
export class SchemaForesight {
  readonly #codec: Codec
  readonly #clock: Clock
  #nextAtMs = -Infinity

  constructor({ codec, clock }: { codec: Codec; clock: Clock }) {
    this.#codec = codec
    this.#clock = clock
  }

  /** Looks through what was fetched, now and then. */
  look(stream: RecordStream | null): void {
    const now = this.#clock.elapsedMs()
    if (stream === null || now < this.#nextAtMs) return
    this.#nextAtMs = now + foreseeEveryMs
    this.#codec.foresee(stream.ahead().map(({ value }) => value))
  }
}
