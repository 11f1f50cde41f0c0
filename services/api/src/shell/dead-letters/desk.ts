// Dead letters for the admin API: looks them up in Kafka, runs replays in this process one after the
// other, and goes on with those that an earlier process of the API was killed in.

import { topics } from '@fleet/contracts'
import { discardLetters } from '@fleet/dlq'
import type {
  Discarded,
  DiscardRequest,
  FoundLetter,
  LetterAct,
  LetterFilter,
  LetterLog,
  LetterStatus,
  Replayer,
  ReplayProgress,
  ReplayRequest,
  ReplayStarted,
} from '@fleet/dlq'
import type { Appender } from '@fleet/kafka'
import { fateOf, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

export interface DeadLetterDesk {
  list(query: LetterQuery): Promise<LetterPage>
  find(filter: LetterFilter): Promise<{ found: FoundLetter; acts: LetterAct[] } | null>
  plan(request: ReplayRequest): Promise<ReplayProgress>
  /** Resolves when it is written down; it then runs, also after a restart. */
  start(request: ReplayRequest): Promise<ReplayStarted>
  replay(replayId: string): Promise<ReplayReport | null>
  discard(request: DiscardRequest): Promise<Discarded>
}

export interface LetterQuery {
  readonly filter: LetterFilter
  /** Null: any. */
  readonly status: LetterStatus | null
  readonly limit: number
  readonly after: string | null
}

export interface LetterPage {
  readonly items: readonly FoundLetter[]
  readonly next: string | null
}

export interface ReplayReport {
  readonly started: ReplayStarted
  readonly state: 'running' | 'finished'
  readonly matched: number | null
  readonly sent: number
  readonly refused: number | null
}

export interface DeskPorts {
  readonly letters: LetterLog
  readonly appender: Pick<Appender, 'append'>
  readonly replayer: Replayer
  readonly clock: Clock
  readonly logger: Logger
  readonly stopping: AbortSignal
}

/** Begins what the API writes into acts as the one who did it. */
export const actorPrefix = 'api:'
const againMs = 5000

export class LetterDesk implements DeadLetterDesk {
  readonly #ports: DeskPorts
  readonly #progress = new Map<string, ReplayProgress>()
  #work: Promise<void> = Promise.resolve()

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  async list({ filter, status, limit, after }: LetterQuery): Promise<LetterPage> {
    const items: FoundLetter[] = []
    let isPast = after === null
    for await (const found of this.#ports.letters.find(filter)) {
      if (!isPast) {
        isPast = placeOf(found) === after
        continue
      }
      if (status !== null && found.status !== status) continue
      const last = items.at(-1)
      if (items.length === limit && last !== undefined) return { items, next: placeOf(last) }
      items.push(found)
    }
    return { items, next: null }
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

  async start(request: ReplayRequest): Promise<ReplayStarted> {
    const started = await this.#ports.replayer.start(request)
    this.#queue(started)
    return started
  }

  async replay(replayId: string): Promise<ReplayReport | null> {
    let started: ReplayStarted | null = null
    let sent = 0
    for await (const act of this.#ports.letters.acts()) {
      if (act.replay_id !== replayId) continue
      if (act.kind === 'replay_started') started = act
      else if (act.kind === 'replayed') sent++
      else if (act.kind === 'replay_finished' && started !== null) {
        const { matched, refused } = act
        return { started, state: 'finished', matched, sent: act.sent, refused }
      }
    }
    if (started === null) return null
    const known = this.#progress.get(replayId)
    const { matched = null, refused = null } = known ?? {}
    return { started, state: 'running', matched, sent: Math.max(sent, known?.sent ?? 0), refused }
  }

  discard(request: DiscardRequest): Promise<Discarded> {
    return discardLetters(request, this.#ports)
  }

  /** What an earlier process of the API began and did not end. */
  async resume(): Promise<void> {
    const open = new Map<string, ReplayStarted>()
    for await (const act of this.#ports.letters.acts(0)) {
      if (act.kind === 'replay_started' && act.by.startsWith(actorPrefix)) {
        open.set(act.replay_id, act)
      } else if (act.kind === 'replay_finished') open.delete(act.replay_id)
    }
    for (const started of open.values()) this.#queue(started)
  }

  /** Resolves when nothing is under way; `stopping` ends it early. */
  async idle(): Promise<void> {
    await this.#work
  }

  #queue(started: ReplayStarted): void {
    this.#work = this.#work.then(() => this.#run(started))
  }

  async #run(started: ReplayStarted): Promise<void> {
    const { replayer, clock, logger, stopping } = this.#ports
    const { replay_id: replay } = started
    while (!stopping.aborted) {
      try {
        const { matched, sent, refused } = await replayer.run(started, progress => {
          this.#progress.set(replay, { ...progress })
        })
        const counts = { matched, sent, refused }
        logger.info({ event: 'replay.finished', replay, ...counts }, 'dead letters replayed')
        break
      } catch (error) {
        if (stopping.aborted) return
        logger.warn({ event: 'replay.failed', replay, problem: messageOf(error) }, 'replay failed')
        if (fateOf(error) !== 'transient') break
        await clock.sleep(againMs, stopping)
      }
    }
    this.#progress.delete(replay)
  }
}

/** Where a page ends: letters are listed by stage, partition and offset. */
function placeOf({ letter, at }: FoundLetter): string {
  return `${letter.stage}/${at.partition}/${at.offset}`
}

/** What is written by replays, for its schemas. */
export const replayWrites = [
  topics.raw,
  topics.redrive,
  topics.alertSignals,
  ...Object.values(topics.events),
] as const
