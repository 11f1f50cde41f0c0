// Whether a task has had what stood in its inputs when it took them over. Until then its clock says
// nothing about them: what a tick would find overdue may long have happened, in records not yet read.

import type { Position, RecordStream } from '@fleet/kafka'

export class FirstCatchUp {
  readonly #positions = new Map<string, number>()
  /** By input, how much was still to be read when it was first known. */
  readonly #backlogs = new Map<string, number>()
  /** Never before the end of the log at that time, and reached however much is written. */
  readonly #ends = new Map<string, number>()
  readonly #reached = new Set<string>()
  #isDone = false

  /** Where the next chunk begins. */
  moveTo(positions: readonly Position[]): void {
    if (this.#isDone) return
    for (const { topic, offset } of positions) this.#positions.set(topic, offset)
  }

  /** Asked between two chunks, when all that was taken is committed. Once true, always true. */
  isDone(stream: Pick<RecordStream, 'lag'> | null): boolean {
    if (this.#isDone) return true
    if (stream === null) return false
    const lags = stream.lag()
    for (const { topic, lag } of lags) this.#look(topic, lag)
    this.#isDone = lags.every(({ topic }) => this.#reached.has(topic))
    return this.#isDone
  }

  #look(topic: string, lag: number | null): void {
    if (lag === 0) this.#reached.add(topic)
    if (lag === null || this.#reached.has(topic)) return
    const backlog = this.#backlogs.get(topic)
    const position = this.#positions.get(topic)
    if (backlog === undefined) {
      this.#backlogs.set(topic, lag)
      // From here on: the backlog counts from a position at or before that of the next chunk.
      this.#positions.delete(topic)
      return
    }
    if (position === undefined) return
    const end = this.#ends.get(topic) ?? position + backlog
    this.#ends.set(topic, end)
    if (position >= end) this.#reached.add(topic)
  }
}
