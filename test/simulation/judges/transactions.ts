// What must hold of every stage alike: outputs and input positions are one transaction, each output comes
// from a committed record within the positions its transaction took, once, and in order.

import { domains, headerNames, stageNames, topics } from '@fleet/contracts'
import type {
  AlertSignal,
  Coordinates,
  DeadLetter,
  Lineage,
  StageName,
  Topic,
} from '@fleet/contracts'

import { inputsOf, outputsOf } from '../world/stage-inputs.ts'
import { placeOf } from './history.ts'
import type { Entry, History, Transaction, Violation } from './history.ts'
import { mendedLetters } from './mended.ts'

interface Progress {
  positions: Record<string, number>
  counts: Record<string, number>
}

interface Step {
  readonly before: Record<string, number>
  readonly after: Record<string, number>
}

export function judgeTransactions(history: History): Violation[] {
  return stageNames.flatMap(stage => new StageJudge(history, stage).judge())
}

class StageJudge {
  readonly #history: History
  readonly #stage: StageName
  readonly #steps = new Map<Transaction, Step>()
  readonly #violations: Violation[] = []
  readonly #mended: ReadonlySet<string>

  constructor(history: History, stage: StageName) {
    this.#history = history
    this.#stage = stage
    const mended = mendedLetters(history).filter(each => each.stage === stage)
    this.#mended = new Set(mended.map(({ place }) => place))
  }

  judge(): Violation[] {
    for (let partition = 0; partition < this.#history.partitions; partition++) {
      this.#followProgress(partition)
    }
    this.#judgeLetters()
    const outputs = [...outputsOf[this.#stage], topics.deadLetters[this.#stage]]
    for (const topic of outputs) {
      for (let partition = 0; partition < this.#history.partitions; partition++) {
        this.#judgeOutputs(topic, partition)
      }
    }
    return this.#violations
  }

  #complain(rule: string, detail: string): void {
    this.#violations.push({ rule, detail: `${this.#stage}: ${detail}` })
  }

  #followProgress(partition: number): void {
    let before: Record<string, number> = {}
    let last: Progress = { positions: {}, counts: {} }
    for (const entry of this.#history.committed(topics.changelogs[this.#stage], partition)) {
      if (entry.record.key?.toString('utf8') !== '!progress' || entry.record.value === null)
        continue
      last = JSON.parse(entry.record.value.toString('utf8')) as Progress
      const after = last.positions
      for (const [topic, position] of Object.entries(before)) {
        if ((after[topic] ?? 0) >= position) continue
        const move = `${topic}-${partition} from ${position} to ${after[topic]}`
        this.#complain('inconsistent-offsets', `position goes back: ${move}`)
      }
      this.#steps.set(entry.transaction, { before, after })
      before = after
    }
    this.#judgeCounts(partition, last)
  }

  /** Every record below the final positions was counted under one verdict. */
  #judgeCounts(partition: number, { positions, counts }: Progress): void {
    const decided = Object.values(counts).reduce((sum, count) => sum + count, 0)
    let read = 0
    for (const topic of inputsOf[this.#stage]) {
      const upTo = positions[topic.name] ?? 0
      const records = this.#history.committed(topic, partition)
      read += records.filter(({ record }) => record.offset < upTo).length
    }
    // A letter that came back is a decision too; what is for another stage is none.
    const redrivenUpTo = positions[topics.redrive.name] ?? 0
    read += this.#history
      .committed(topics.redrive, partition)
      .filter(({ record }) => record.offset < redrivenUpTo)
      .filter(({ record }) => String(record.headers[headerNames.stage]) === this.#stage).length
    if (decided === read) return
    const detail = `partition ${partition} counts ${decided} decisions for ${read} records`
    this.#complain('unreconciled', detail)
  }

  /** No record of a simulation is too large for us or more than a decision can bear. */
  #judgeLetters(): void {
    const topic = topics.deadLetters[this.#stage]
    for (const entry of this.#history.allCommitted(topic)) {
      const letter = this.#history.value<DeadLetter>(topic, entry)
      if (letter?.error_code !== 'INTERNAL' && letter?.error_code !== 'TOO_LARGE') continue
      const detail = `${placeOf(letter.origin)} is ${letter.error_code}: ${letter.error_message}`
      this.#complain('internal-error', detail)
    }
  }

  #judgeOutputs(topic: Topic, partition: number): void {
    const last = new Map<string, number>()
    for (const entry of this.#history.committed(topic, partition)) {
      const where = placeOf(entry.record)
      if ((writerOf(this.#history, topic, entry) ?? this.#stage) !== this.#stage) continue
      const step = this.#steps.get(entry.transaction)
      if (step === undefined) {
        this.#complain('torn-transaction', `${where} was committed without its input positions`)
        continue
      }
      const origin = originOf(this.#history, topic, entry)
      // Of a mended letter: see ledger.ts.
      const mayBeMended = topic.schema !== 'DeadLetter' && origin !== null
      if (origin === null || (mayBeMended && this.#mended.has(placeOf(origin)))) continue
      this.#judgeOrigin(where, origin, step)
      const source = `${origin.topic}-${origin.partition}`
      const before = last.get(source) ?? -1
      if (origin.offset === before) {
        this.#complain('duplicate', `${where} comes from ${placeOf(origin)}, as an earlier record`)
      } else if (origin.offset < before) {
        const detail = `${where} comes from ${placeOf(origin)}, behind one from ${before}`
        this.#complain('misordered', detail)
      }
      last.set(source, Math.max(before, origin.offset))
    }
  }

  #judgeOrigin(where: string, origin: Coordinates, { before, after }: Step): void {
    const from = before[origin.topic] ?? 0
    const to = after[origin.topic] ?? 0
    if (origin.offset < from || origin.offset >= to) {
      const detail = `${where} comes from ${placeOf(origin)}, its transaction took ${from} to ${to}`
      this.#complain('inconsistent-offsets', detail)
    }
    if (!this.#isCommitted(origin)) {
      this.#complain('aborted-read', `${where} comes from ${placeOf(origin)}, never committed`)
    }
  }

  #isCommitted(origin: Coordinates): boolean {
    const topic = inputsOf[this.#stage].find(({ name }) => name === origin.topic)
    if (topic === undefined) return false
    return this.#history.isCommitted(topic, origin.partition, origin.offset)
  }
}

const routed = ['EVENT', 'ACTIVITY', 'TICK']

/** Signals have two writers; everything else has the one that was asked for. */
function writerOf(history: History, topic: Topic, entry: Entry): StageName | null {
  if (topic !== topics.alertSignals) return null
  const kind = history.value<AlertSignal>(topic, entry)?.kind ?? ''
  return routed.includes(kind) ? 'alerting-router' : 'accounting-sink'
}

const eventTopics: ReadonlySet<Topic> = new Set(domains.map(domain => topics.events[domain]))

/** The input record an output comes from; null where it has none (ticks, tombstones, alerts, completions, tasks). */
function originOf(history: History, topic: Topic, entry: Entry): Coordinates | null {
  // One event gives several tasks, and a task names the event that opened it: see tasks.ts.
  if (topic === topics.alerting || topic === topics.automation) return null
  const value = history.value<{
    lineage?: Lineage
    origin?: Coordinates | null
    completed_by?: string | null
    attempt?: number
  }>(topic, entry)
  if (value === null) return null
  // Of a letter that came back: see letters.ts.
  if (topic.schema === 'DeadLetter' && (value.attempt ?? 1) > 1) return null
  // Names the event it speaks of, not the one that completed it; crm.ts knows where it must stand.
  if (typeof value.completed_by === 'string') return null
  if (!eventTopics.has(topic) && topic !== topics.state) return value.origin ?? null
  const { lineage } = value
  if (lineage === undefined) return null
  const { raw_topic, raw_partition, raw_offset } = lineage
  return { topic: raw_topic, partition: raw_partition, offset: raw_offset }
}
