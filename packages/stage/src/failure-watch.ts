// Whether a reader has failed, for loops that take from it. A race with its `failed`, which stays pending for as
// long as it lives, would keep every chunk that took part in one.

import type { Reader, RecordStream } from '@fleet/kafka'

export class FailureWatch {
  #failure: { readonly error: unknown } | null = null
  #stream: RecordStream | null

  /** A failure wakes the stream. */
  constructor({ failed }: Pick<Reader, 'failed'>, stream: RecordStream) {
    this.#stream = stream
    failed.catch((error: unknown) => {
      this.#failure = { error }
      this.#stream?.wake()
    })
  }

  /** @throws what the reader failed with. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  /** The reader may live on: nothing of the stream is kept. */
  end(): void {
    this.#stream = null
  }
}
