// The records a stage has dead-lettered, and at which attempt. They fail again in a rebuild, also where a
// release has mended what they failed on: processed now, they would have had an effect that nobody saw.

import { topics } from '@fleet/contracts'
import type { Coordinates, DeadLetter, StageName } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'

import type { PartitionLogs } from './partition-logs.ts'

type Place = Pick<Coordinates, 'topic' | 'offset'>

export class FailuresThen {
  readonly #failed = new Set<string>()

  static async read(stage: StageName, logs: PartitionLogs, codec: Codec): Promise<FailuresThen> {
    const failures = new FailuresThen()
    const topic = topics.deadLetters[stage]
    await logs.read(topic, async records => {
      await codec.prepare(records.map(({ value }) => value))
      for (const { value } of records) {
        if (value === null) continue
        const { origin, attempt } = codec.decode(topic, value) as DeadLetter
        failures.#failed.add(nameOf(origin, attempt))
      }
    })
    return failures
  }

  get count(): number {
    return this.#failed.size
  }

  /** Attempts count from 1, the record itself. */
  has(place: Place, attempt: number): boolean {
    return this.#failed.has(nameOf(place, attempt))
  }
}

function nameOf({ topic, offset }: Place, attempt: number): string {
  return `${topic}/${offset}/${attempt}`
}
