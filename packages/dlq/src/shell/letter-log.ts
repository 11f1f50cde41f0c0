// The dead letters of all stages as they stand in Kafka, with what was done about them. Nothing is kept
// between two readings: the topics are the truth.

import { stageNames, topics } from '@fleet/contracts'
import type { Coordinates, DeadLetter, StageName } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'

import { parseAct } from '../core/acts.ts'
import type { Act, LetterAct, LetterFilter } from '../core/acts.ts'
import { offsetBehind } from '../core/letter-place.ts'
import type { LetterPlace } from '../core/letter-place.ts'
import { matches, Standing } from '../core/standing.ts'
import type { LetterStatus } from '../core/standing.ts'
import { readSpan, spansOf } from './read-log.ts'
import type { LogReading, Span } from './read-log.ts'

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

/** Which letters are looked at. */
export interface Range {
  /** Missing: those there are now. */
  readonly ends?: Ends
  /** Those behind a place; missing: all. */
  readonly after?: LetterPlace
}

type Place = Span & Pick<Coordinates, 'topic' | 'partition'>

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
      ends[name] = (await spansOf(this.#reading, name)).map(({ to }) => to)
    }
    return ends
  }

  /** The newest failure of every letter that matches, by stage, partition and offset. */
  async *find(filter: LetterFilter, { ends, after }: Range = {}): AsyncGenerator<FoundLetter> {
    for (const stage of stagesOf(filter)) {
      const { name: topic } = topics.deadLetters[stage]
      const spans = await spansOf(this.#reading, topic)
      const starts = await this.#starts(topic, filter)
      for (const [partition, { to: end }] of spans.entries()) {
        const to = ends === undefined ? end : (ends[topic]?.[partition] ?? 0)
        const behind = after === undefined ? 0 : offsetBehind(after, stage, partition)
        const from = Math.max(starts.get(partition) ?? 0, behind)
        if (from < to) yield* this.#findIn(filter, { topic, partition, from, to })
      }
    }
  }

  /** In one partition; where it begins may have moved while the ones before it were gone through. */
  async *#findIn(filter: LetterFilter, place: Place): AsyncGenerator<FoundLetter> {
    const { topic, partition } = place
    const spans = await spansOf(this.#reading, topic)
    const span = { ...place, from: Math.max(spans[partition]?.from ?? 0, place.from) }
    const standing = await this.#standing(partition)
    const newest = await this.#newest(span)
    for await (const found of this.#lettersOf(span)) {
      const { letter, at } = found
      if (newest.get(letter.dead_letter_id) !== at.offset || !matches(filter, letter)) continue
      yield { ...found, status: standing.statusOf(letter), act: standing.actOn(letter) }
    }
  }

  /**
   * The first failure of a letter, as far back as letters are kept: with the record as it came. A patched
   * replay that failed has left its own event in the newest.
   */
  async original({ letter, at }: Pick<FoundLetter, 'letter' | 'at'>): Promise<DeadLetter> {
    if (letter.attempt <= 1) return letter
    const { topic, partition, offset: to } = at
    const { from = to } = (await spansOf(this.#reading, topic))[partition] ?? {}
    for await (const { letter: before } of this.#lettersOf({ topic, partition, from, to })) {
      if (before.dead_letter_id === letter.dead_letter_id) return before
    }
    return letter
  }

  /** Every act there is, or those of one partition. */
  async *acts(only?: number): AsyncGenerator<Act> {
    const { name: topic } = topics.deadLetterActs
    for (const [partition, span] of (await spansOf(this.#reading, topic)).entries()) {
      if (only !== undefined && only !== partition) continue
      for await (const records of readSpan(this.#reading, { topic, partition, ...span })) {
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
  async #newest(place: Place): Promise<Map<string, number>> {
    const newest = new Map<string, number>()
    for await (const { letter, at } of this.#lettersOf(place)) {
      newest.set(letter.dead_letter_id, at.offset)
    }
    return newest
  }

  async *#lettersOf(place: Place): AsyncGenerator<Omit<FoundLetter, 'status' | 'act'>> {
    for await (const records of readSpan(this.#reading, place)) {
      await this.#codec.prepare(records.map(({ value }) => value))
      for (const { topic, partition, offset, value } of records) {
        if (value === null) continue
        // One schema for the letters of all stages.
        const letter = this.#codec.decode(topics.deadLetters.processor, value) as DeadLetter
        yield { letter, at: { topic, partition, offset }, bytes: value.length }
      }
    }
  }
}

function stagesOf({ stages }: LetterFilter): readonly StageName[] {
  return stageNames.filter(stage => stages === null || stages.includes(stage))
}
