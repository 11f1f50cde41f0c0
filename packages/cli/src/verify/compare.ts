// Holds what the topics say against what the model expects. Pure; every violation names a record.

import { topics } from '@fleet/contracts'
import type { Register } from '@fleet/contracts'

import type { DeadLetterFact, EventFact, PartitionEvidence, StateFact } from './evidence.ts'
import { differences, isSame, registerOf } from './expected-event.ts'
import { keyOfEvent, runModel, unforeseenCodes } from './model.ts'
import type { Expectation, ModelResult, ModelSettings, Winner } from './model.ts'

export interface Violation {
  rule: string
  topic: string
  partition: number
  offset: number
  detail: string
}

export interface Totals {
  raw: number
  published: number
  duplicates: number
  dead_letters: number
  pending: number
}

export interface PartitionReport extends Totals {
  partition: number
}

export interface PartitionJudgement {
  report: PartitionReport
  violations: Violation[]
}

class Judge {
  readonly violations: Violation[] = []
  readonly #evidence: PartitionEvidence
  readonly #events = new Map<number, EventFact[]>()
  readonly #letters = new Map<number, DeadLetterFact[]>()
  readonly report: PartitionReport

  constructor(evidence: PartitionEvidence) {
    this.#evidence = evidence
    const { partition, raw } = evidence
    const zero = { published: 0, duplicates: 0, dead_letters: 0, pending: 0 }
    this.report = { partition, raw: raw.length, ...zero }
    for (const { topic, offset, detail } of evidence.unreadable) {
      this.complain('unreadable', topic, offset, detail)
    }
    for (const fact of evidence.events) add(this.#events, fact.event.lineage.raw_offset, fact)
    for (const fact of evidence.deadLetters) add(this.#letters, fact.letter.origin.offset, fact)
  }

  complain(rule: string, topic: string, offset: number, detail: string): void {
    this.violations.push({ rule, topic, partition: this.#evidence.partition, offset, detail })
  }

  /** One raw record: what happened to it against what had to. */
  settle(offset: number, expectation: Expectation): void {
    const { processedUpTo } = this.#evidence
    const published = this.#events.get(offset) ?? []
    const letters = this.#letters.get(offset) ?? []
    const raw = topics.raw.name
    if (published.length > 1) {
      const list = published.map(fact => `${fact.topic}@${fact.offset}`).join(', ')
      this.complain('repeated', raw, offset, `published ${published.length} times: ${list}`)
    }
    if (letters.length > 1) {
      this.complain('repeated', raw, offset, `dead-lettered ${letters.length} times`)
    }
    const [event] = published
    const [letter] = letters
    if (event !== undefined && letter !== undefined) {
      this.complain('two_ends', raw, offset, `published and dead-lettered (${letter.offset})`)
    }
    if (event !== undefined) {
      this.report.published++
      return this.#judgeEvent(event, expectation)
    }
    if (letter !== undefined) {
      this.report.dead_letters++
      return this.#judgeLetter(offset, letter.letter.error_code, expectation)
    }
    if (offset >= processedUpTo) {
      this.report.pending++
      return
    }
    if (expectation.verdict === 'duplicate') {
      this.report.duplicates++
      return
    }
    const wanted = expectation.verdict === 'published' ? 'an event' : expectation.code
    this.complain('lost', raw, offset, `was processed, but ${wanted} is not there`)
  }

  #judgeEvent(fact: EventFact, expectation: Expectation): void {
    const { event, topic, offset } = fact
    if (expectation.verdict === 'duplicate') {
      const detail = `duplicate of raw offset ${expectation.originalOffset} was published again`
      return this.complain('repeated', topic, offset, detail)
    }
    if (expectation.verdict === 'dead_letter') {
      const detail = `published, but had to be dead-lettered as ${expectation.code}`
      return this.complain('wrong_verdict', topic, offset, detail)
    }
    const wanted = expectation.event
    const { raw_topic: rawTopic, raw_partition: rawPartition } = event.lineage
    const placed = [
      ['topic', topic, topics.events[wanted.domain].name],
      ['key', fact.key, keyOfEvent(wanted)],
      ['lineage.raw_topic', rawTopic, topics.raw.name],
      ['lineage.raw_partition', String(rawPartition), String(this.#evidence.partition)],
    ].filter(([, is, must]) => is !== must)
    const details = placed.map(([field, is, must]) => `${field} is ${is}, must be ${must}`)
    for (const detail of [...details, ...differences(fact, expectation.expected)]) {
      this.complain('wrong_content', topic, offset, detail)
    }
    if (event.disposition !== expectation.disposition) {
      const detail = `is ${event.disposition}, must be ${expectation.disposition}`
      this.complain('wrong_disposition', topic, offset, detail)
    }
  }

  #judgeLetter(offset: number, code: string, expectation: Expectation): void {
    if (unforeseenCodes.has(code)) return
    if (expectation.verdict === 'dead_letter' && expectation.code === code) return
    const must =
      expectation.verdict === 'dead_letter' ? expectation.code : `be ${expectation.verdict}`
    this.complain('wrong_verdict', topics.raw.name, offset, `is ${code}, must ${must}`)
  }

  /** Events and dead letters that no raw record explains. */
  findStrays(): void {
    const { raw, rawStart, events, deadLetters } = this.#evidence
    const known = new Set(raw.map(({ offset }) => offset))
    for (const { topic, offset, event } of events) {
      const origin = event.lineage.raw_offset
      if (origin >= rawStart && !known.has(origin)) {
        this.complain('stray', topic, offset, `comes from raw offset ${origin}, which is not there`)
      }
    }
    for (const { topic, offset, letter } of deadLetters) {
      const origin = letter.origin.offset
      if (origin >= rawStart && !known.has(origin)) {
        this.complain('stray', topic, offset, `comes from raw offset ${origin}, which is not there`)
      }
    }
  }

  /** Within a topic, events stand in the order of the raw records they come from. */
  judgeOrder(): void {
    const last = new Map<string, number>()
    for (const { topic, offset, event } of this.#evidence.events) {
      const origin = event.lineage.raw_offset
      if (origin < (last.get(topic) ?? -1)) {
        this.complain('misordered', topic, offset, `stands behind a later raw record`)
      }
      last.set(topic, Math.max(origin, last.get(topic) ?? -1))
    }
  }

  /** The newest state of each resource holds the winners the model found, with what they said. */
  judgeState(model: ModelResult): void {
    const { state, rawStart } = this.#evidence
    // With raw cut by retention, older winners are unknown to the model.
    if (rawStart > 0 || this.report.pending > 0) return
    const newest = new Map(state.map(fact => [fact.key, fact]))
    for (const [key, winners] of model.registers) {
      this.#judgeRegisters(key, newest.get(key), winners, model.floor)
    }
    for (const [key, winners] of model.signals) {
      const fact = newest.get(key)
      for (const [code, { effectiveAt, eventId }] of winners) {
        const is = fact?.state?.signals[code]?.event_id
        if (is === eventId || (is === undefined && effectiveAt < model.floor)) continue
        const detail = `${key}: signal ${code} is of ${is ?? 'nothing'}, must be of ${eventId}`
        this.#complainOfState(fact, detail)
      }
    }
  }

  #judgeRegisters(
    key: string,
    fact: StateFact | undefined,
    winners: ReadonlyMap<string, Winner>,
    floor: number,
  ): void {
    for (const [domain, { expected, rank, effectiveAt, eventId }] of winners) {
      const register = fact?.state?.registers[domain]
      // The table forgets what is older than the horizon.
      if (register === undefined && effectiveAt < floor) continue
      const is = register?.event_id ?? 'nothing'
      if (is !== eventId) {
        const detail = `${key}: register ${domain} holds ${is}, must hold ${eventId}`
        this.#complainOfState(fact, detail)
      } else if (!isSame(readRegister(register), registerOf(expected, rank))) {
        const detail = `${key}: register ${domain} does not hold what ${eventId} said`
        this.#complainOfState(fact, detail)
      }
    }
  }

  #complainOfState(fact: StateFact | undefined, detail: string): void {
    this.complain('wrong_state', topics.state.name, fact?.offset ?? -1, detail)
  }
}

function readRegister(register: Register | undefined) {
  if (register === undefined) return undefined
  const { data_json, ...rest } = register
  try {
    return { ...rest, data: JSON.parse(data_json) as unknown }
  } catch {
    return undefined
  }
}

export function judgePartition(
  evidence: PartitionEvidence,
  settings: ModelSettings,
): PartitionJudgement {
  const judge = new Judge(evidence)
  const model = runModel(evidence, settings)
  for (const [offset, expectation] of model.expected) judge.settle(offset, expectation)
  judge.findStrays()
  judge.judgeOrder()
  judge.judgeState(model)
  return { report: judge.report, violations: judge.violations }
}

function add<Fact>(index: Map<number, Fact[]>, offset: number, fact: Fact): void {
  const known = index.get(offset)
  if (known === undefined) index.set(offset, [fact])
  else known.push(fact)
}
