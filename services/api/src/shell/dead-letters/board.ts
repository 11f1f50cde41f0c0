// How many letters are open and how old the oldest is, by stage: follows the dead letters and the acts,
// and keeps a few words of each open letter. Derived: a restart reads it all again.

import { stageNames, topics } from '@fleet/contracts'
import type { DeadLetter, StageName } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import { parseAct } from '@fleet/dlq'
import type { InRecord } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'

interface OpenLetter {
  readonly stage: StageName
  readonly attempt: number
  readonly failedAtMs: number
  readonly bytes: number
}

export interface Standings {
  readonly stage: StageName
  readonly open: number
  readonly bytes: number
  /** Zero where none is open. */
  readonly oldestSeconds: number
}

/** Letters are gone from their topic after this. */
const keptMs = (topics.deadLetters.processor.retentionDays ?? Infinity) * 86_400_000

export class LetterBoard {
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #open = new Map<string, OpenLetter>()
  /** The attempt that was settled: of letters that are not open, or were not read yet. */
  readonly #settled = new Map<string, number>()

  constructor(codec: Codec, clock: Clock) {
    this.#codec = codec
    this.#clock = clock
  }

  async take(records: readonly InRecord[]): Promise<void> {
    const { name } = topics.deadLetterActs
    const letters = records.filter(({ topic }) => topic !== name)
    await this.#codec.prepare(letters.map(({ value }) => value))
    for (const { topic, value } of records) {
      if (value === null) continue
      if (topic === name) this.#takeAct(value.toString('utf8'))
      else this.#takeLetter(topic, value)
    }
  }

  #takeAct(text: string): void {
    const act = parseAct(text)
    if (act === null || !('letter_id' in act)) return
    const { letter_id: id, attempt } = act
    this.#settled.set(id, Math.max(attempt, this.#settled.get(id) ?? 0))
    if ((this.#open.get(id)?.attempt ?? Infinity) <= attempt) this.#open.delete(id)
  }

  #takeLetter(topicName: string, value: Buffer): void {
    const stage = stageNames.find(name => topics.deadLetters[name].name === topicName)
    if (stage === undefined) return
    const letter = this.#codec.decode(topics.deadLetters[stage], value) as DeadLetter
    const { dead_letter_id: id, attempt } = letter
    if ((this.#settled.get(id) ?? 0) >= attempt) return
    const failedAtMs = Math.floor(letter.failed_at / 1000)
    this.#open.set(id, { stage, attempt, failedAtMs, bytes: value.length })
  }

  read(): Standings[] {
    const nowMs = this.#clock.wallMs()
    const by = new Map(stageNames.map(stage => [stage, { open: 0, bytes: 0, oldestMs: nowMs }]))
    for (const [id, { stage, failedAtMs, bytes }] of this.#open) {
      if (failedAtMs + keptMs < nowMs) {
        this.#open.delete(id)
        continue
      }
      const sum = by.get(stage)
      if (sum === undefined) continue
      sum.open++
      sum.bytes += bytes
      sum.oldestMs = Math.min(sum.oldestMs, failedAtMs)
    }
    return [...by].map(([stage, { open, bytes, oldestMs }]) => {
      return { stage, open, bytes, oldestSeconds: (nowMs - oldestMs) / 1000 }
    })
  }
}
