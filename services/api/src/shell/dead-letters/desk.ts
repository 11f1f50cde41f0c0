// Dead letters for the admin API: looks them up in Kafka, runs replays in this process, and goes on with
// those that an earlier process of the API was killed in.

import { stageNames, topics } from '@fleet/contracts'
import { discardLetters, placeText } from '@fleet/dlq'
import type {
  Discarded,
  DiscardRequest,
  FoundLetter,
  LetterAct,
  LetterFilter,
  LetterLog,
  LetterPlace,
  LetterStatus,
  Replayer,
  ReplayProgress,
  ReplayRequest,
  ReplayStarted,
} from '@fleet/dlq'
import type { Appender } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'
import { ReplayQueue } from './replay-queue.ts'

export interface DeadLetterDesk {
  list(query: LetterQuery): Promise<LetterPage>
  /** Every letter, read as it is asked for. Null: as many exports as there may be are under way. */
  export(filter: LetterFilter, status: LetterStatus | null): AsyncGenerator<FoundLetter> | null
  find(filter: LetterFilter): Promise<{ found: FoundLetter; acts: LetterAct[] } | null>
  plan(request: ReplayRequest): Promise<ReplayProgress>
  /**
   * Resolves when it is written down; it then runs, also after a restart. Null: too many are open.
   * @throws FleetError REPLAY_OVERLAPS (transient): one of the command line may send the same letters.
   */
  start(request: ReplayRequest): Promise<ReplayStarted | null>
  replay(replayId: string): Promise<ReplayReport | null>
  discard(request: DiscardRequest): Promise<Discarded>
}

export interface LetterQuery {
  readonly filter: LetterFilter
  /** Null: any. */
  readonly status: LetterStatus | null
  readonly limit: number
  readonly after: LetterPlace | null
}

export interface LetterPage {
  readonly items: readonly FoundLetter[]
  readonly next: string | null
}

export interface ReplayReport {
  readonly started: ReplayStarted
  /** `queued`: behind others of its tenant. `failed`: it ended with `errorCode` and is not tried again. */
  readonly state: 'queued' | 'running' | 'finished' | 'failed'
  readonly matched: number | null
  readonly sent: number
  readonly refused: number | null
  readonly errorCode: string | null
}

export interface DeskPorts {
  readonly letters: LetterLog
  readonly appender: Pick<Appender, 'append'>
  readonly replayer: Replayer
  readonly clock: Clock
  readonly logger: Logger
  readonly stopping: AbortSignal
}

/** Each reads the letters' topics whole. */
const exportsMax = 4

/** Begins what the API writes into acts as the one who did it. */
export const actorPrefix = 'api:'

export class LetterDesk implements DeadLetterDesk {
  readonly #ports: DeskPorts
  readonly #queue: ReplayQueue
  #starting: Promise<unknown> = Promise.resolve()
  /** Under way. */
  #exports = 0

  constructor(ports: DeskPorts) {
    this.#ports = ports
    this.#queue = new ReplayQueue(ports)
  }

  async list({ filter, status, limit, after }: LetterQuery): Promise<LetterPage> {
    const items: FoundLetter[] = []
    const range = after === null ? {} : { after }
    for await (const found of this.#ports.letters.find(filter, range)) {
      if (status !== null && found.status !== status) continue
      const last = items.at(-1)
      if (items.length === limit && last !== undefined) {
        return { items, next: placeText(placeOf(last)) }
      }
      items.push(found)
    }
    return { items, next: null }
  }

  export(filter: LetterFilter, status: LetterStatus | null): AsyncGenerator<FoundLetter> | null {
    return this.#exports < exportsMax ? this.#export(filter, status) : null
  }

  async *#export(
    filter: LetterFilter,
    status: LetterStatus | null,
  ): AsyncGenerator<FoundLetter, void, undefined> {
    this.#exports++
    try {
      for await (const found of this.#ports.letters.find(filter)) {
        if (status === null || found.status === status) yield found
      }
    } finally {
      this.#exports--
    }
  }

  async find(filter: LetterFilter): Promise<{ found: FoundLetter; acts: LetterAct[] } | null> {
    for await (const found of this.#ports.letters.find(filter)) {
      const acts: LetterAct[] = []
      for await (const act of this.#ports.letters.acts(found.at.partition)) {
        if ('letter_id' in act && act.letter_id === found.letter.dead_letter_id) acts.push(act)
      }
      return { found, acts }
    }
    return null
  }

  plan(request: ReplayRequest): Promise<ReplayProgress> {
    return this.#ports.replayer.plan({ ...request, ratePerSecond: Number.MAX_SAFE_INTEGER })
  }

  async start(request: ReplayRequest): Promise<ReplayStarted | null> {
    const { tenant } = request.filter
    if (!this.#queue.take(tenant)) return null
    try {
      return await this.#startNext(request)
    } catch (error) {
      this.#queue.give(tenant)
      throw error
    }
  }

  /** One after the other, so that they wait in the order in which they stand in the log. */
  #startNext(request: ReplayRequest): Promise<ReplayStarted> {
    const starting = this.#starting.then(async () => {
      const started = await this.#ports.replayer.start(request, isOfApi)
      this.#queue.add(started)
      return started
    })
    this.#starting = starting.catch(() => {})
    return starting
  }

  async replay(replayId: string): Promise<ReplayReport | null> {
    let started: ReplayStarted | null = null
    let sent = 0
    for await (const act of this.#ports.letters.acts()) {
      if (act.replay_id !== replayId) continue
      if (act.kind === 'replay_started') started = act
      else if (act.kind === 'replayed') sent++
      else if (act.kind === 'replay_finished' && started !== null) {
        const { matched, refused, error_code: errorCode = null } = act
        const state = errorCode === null ? 'finished' : 'failed'
        return { started, state, matched, sent: Math.max(sent, act.sent), refused, errorCode }
      }
    }
    if (started === null) return null
    const state = this.#queue.isWaiting(replayId) ? 'queued' : 'running'
    const known = this.#queue.progressOf(replayId)
    const { matched = null, refused = null } = known ?? {}
    sent = Math.max(sent, known?.sent ?? 0)
    return { started, state, matched, sent, refused, errorCode: null }
  }

  discard(request: DiscardRequest): Promise<Discarded> {
    return discardLetters(request, this.#ports)
  }

  /** What an earlier process of the API began and did not end. */
  async resume(): Promise<void> {
    const open = new Map<string, ReplayStarted>()
    for await (const act of this.#ports.letters.acts(0)) {
      if (act.kind === 'replay_started' && isOfApi(act)) {
        open.set(act.replay_id, act)
      } else if (act.kind === 'replay_finished') open.delete(act.replay_id)
    }
    for (const started of open.values()) this.#queue.resume(started)
  }

  /** Resolves when nothing is under way; `stopping` ends it early. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }
}

/** It goes on by itself, so it can be waited for. */
function isOfApi({ by }: ReplayStarted): boolean {
  return by.startsWith(actorPrefix)
}

/** By its topic: what a letter says of itself may be no stage of ours. */
function placeOf({ at: { topic, partition, offset } }: FoundLetter): LetterPlace {
  const stage = stageNames.find(each => topics.deadLetters[each].name === topic) ?? 'processor'
  return { stage, partition, offset }
}
