// The dead letters of all stages as they stand in Kafka, with what was done about them. Nothing is kept
// between two readings: the topics are the truth.

import { stageNames, topics } from '@fleet/contracts'
import type { Coordinates, DeadLetter, StageName } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord } from '@fleet/kafka'

import { parseAct } from '../core/acts.ts'
import type { Act, LetterAct, LetterFilter } from '../core/acts.ts'
import { matches, Standing } from '../core/standing.ts'
import type { LetterStatus } from '../core/standing.ts'
import { endsOf, readUpTo } from './read-log.ts'
import type { LogReading } from './read-log.ts'

export interface FoundLetter {
  readonly letter: DeadLetter
  /** Where the letter itself stands. */
  readonly at: Coordinates
  readonly bytes: number
  readonly status: LetterStatus
  /** The last act on it; null while it is open. */
  readonly act: LetterAct | null
}

/** First offset that is not looked at, by topic and partition. */
export type Ends = Readonly<Record<string, readonly number[]>>

/** Clocks differ; failed_at is the stage's clock, the index of a log the broker's. */
const clockMarginMs = 3_600_000

export class LetterLog {
  readonly #reading: LogReading
  readonly #codec: Codec

  constructor(reading: LogReading, codec: Codec) {
    this.#reading = reading
    this.#codec = codec
  }

  /** As far as the letters reach now. */
  async ends(filter: LetterFilter): Promise<Ends> {
    const ends: Record<string, number[]> = {}
    for (const stage of stagesOf(filter)) {
      const { name } = topics.deadLetters[stage]
      ends[name] = await endsOf(this.#reading, name)
    }
    return ends
  }

  /** The newest failure of every letter that matches, by stage, partition and offset. */
  async *find(filter: LetterFilter, ends?: Ends): AsyncGenerator<FoundLetter> {
    const until = ends ?? (await this.ends(filter))
    for (const stage of stagesOf(filter)) {
      const topic = topics.deadLetters[stage]
      const partitions = until[topic.name] ?? []
      const starts = await this.#starts(topic.name, filter)
      for (const [partition, to] of partitions.entries()) {
        const from = starts.get(partition) ?? 0
        if (from >= to) continue
        const standing = await this.#standing(partition)
        const newest = await this.#newest(topic.name, partition, from, to)
        const place = { topic: topic.name, partition, from, to }
        for await (const records of readUpTo(this.#reading, place)) {
          for (const record of await this.#decoded(records, stage)) {
            const { letter, at } = record
            if (newest.get(letter.dead_letter_id) !== at.offset || !matches(filter, letter))
              continue
            const act = standing.actOn(letter)
            yield { ...record, status: standing.statusOf(letter), act }
          }
        }
      }
    }
  }

  /**
   * The first failure of a letter, as far back as letters are kept: with the record as it came. A patched
   * replay that failed has left its own event in the newest.
   */
  async original({ letter, at }: Pick<FoundLetter, 'letter' | 'at'>): Promise<DeadLetter> {
    if (letter.attempt <= 1) return letter
    const { topic, partition, offset: to } = at
    for await (const records of readUpTo(this.#reading, { topic, partition, from: 0, to })) {
      for (const { letter: before } of await this.#decoded(records)) {
        if (before.dead_letter_id === letter.dead_letter_id) return before
      }
    }
    return letter
  }

  /** Every act there is, or those of one partition. */
  async *acts(only?: number): AsyncGenerator<Act> {
    const { name: topic } = topics.deadLetterActs
    for (const [partition, to] of (await endsOf(this.#reading, topic)).entries()) {
      if (only !== undefined && only !== partition) continue
      for await (const records of readUpTo(this.#reading, { topic, partition, from: 0, to })) {
        for (const { value } of records) {
          const act = value === null ? null : parseAct(value.toString('utf8'))
          if (act !== null) yield act
        }
      }
    }
  }

  /** Acts on a letter stand in the partition of the letter. */
  async #standing(partition: number): Promise<Standing> {
    const standing = new Standing()
    for await (const act of this.acts(partition)) standing.take(act)
    return standing
  }

  async #starts(topic: string, { from }: LetterFilter): Promise<Map<number, number>> {
    if (from === null) return new Map()
    const atMs = Math.max(0, Math.floor(from / 1000) - clockMarginMs)
    const positions = await this.#reading.admin.offsetsAtTime(topic, atMs)
    return new Map(positions.map(({ partition, offset }) => [partition, offset]))
  }

  /** Where the newest failure of each letter stands. */
  async #newest(
    topic: string,
    partition: number,
    from: number,
    to: number,
  ): Promise<Map<string, number>> {
    const newest = new Map<string, number>()
    for await (const records of readUpTo(this.#reading, { topic, partition, from, to })) {
      for (const { letter, at } of await this.#decoded(records)) {
        newest.set(letter.dead_letter_id, at.offset)
      }
    }
    return newest
  }

  async #decoded(
    records: readonly InRecord[],
    stage: StageName = 'processor',
  ): Promise<Omit<FoundLetter, 'status' | 'act'>[]> {
    await this.#codec.prepare(records.map(({ value }) => value))
    return records.flatMap(({ topic, partition, offset, value }) => {
      if (value === null) return []
      const letter = this.#codec.decode(topics.deadLetters[stage], value) as DeadLetter
      return [{ letter, at: { topic, partition, offset }, bytes: value.length }]
    })
  }
}

function stagesOf({ stages }: LetterFilter): readonly StageName[] {
  return stageNames.filter(stage => stages === null || stages.includes(stage))
}
