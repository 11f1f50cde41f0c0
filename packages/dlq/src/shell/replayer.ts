// Replays letters, some at a time: first the records, acknowledged, then the acts that say so. Killed in
// between, a replay that goes on sends those few again, and the stage takes none of them twice.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { Appender, OutRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock, Ids } from '@fleet/runtime'
import { sha256Hex } from '@fleet/signatures'
import type { ProvenanceKeyRing } from '@fleet/signatures'
import type { Endpoint } from '@fleet/sources'

import { everyLetter } from '../core/acts.ts'
import type { LetterAct, LetterFilter, Patch, ReplayStarted } from '../core/acts.ts'
import { OpenReplays } from '../core/overlap.ts'
import { writeAct } from './act-log.ts'
import type { FoundLetter, LetterLog } from './letter-log.ts'
import { overlaps } from './overlaps.ts'
import { prepareRaw } from './prepare-raw.ts'
import { prepareRedrive } from './prepare-redrive.ts'
import { refused } from './prepared.ts'
import type { Prepared } from './prepared.ts'
import { note } from './replay-progress.ts'
import type { ReplayProgress } from './replay-progress.ts'

export interface ReplayPorts {
  readonly letters: LetterLog
  readonly appender: Pick<Appender, 'append'>
  readonly codec: Codec
  readonly clock: Clock
  readonly ids: Ids
  readonly partitionCount: number
  /** Null: this process has no provenance keys, and replays nothing of the processor's. */
  readonly keyRing: () => ProvenanceKeyRing | null
  readonly endpoints: () => ReadonlyMap<string, Endpoint>
  readonly stopping: AbortSignal
}

export interface ReplayRequest {
  readonly filter: LetterFilter
  readonly by: string
  readonly reason: string | null
  /** Letters a second. */
  readonly ratePerSecond: number
  readonly includeDiscarded: boolean
  /** Also letters that were replayed before and have not failed since. */
  readonly again: boolean
  readonly patch: Patch | null
}

type Counts = Pick<ReplayProgress, 'matched' | 'sent' | 'refused'>

export type OnProgress = (progress: ReplayProgress) => void

/** What a replay reads and writes, for its schemas. */
export const replayWrites = [
  topics.raw,
  topics.redrive,
  topics.alertSignals,
  ...Object.values(topics.events),
] as const

const batchLettersMax = 50

export class Replayer {
  readonly #ports: ReplayPorts

  constructor(ports: ReplayPorts) {
    this.#ports = ports
  }

  /** What a replay would do; nothing is written. */
  async plan(request: ReplayRequest, onProgress: OnProgress = () => {}): Promise<ReplayProgress> {
    const started = await this.#startOf(request, this.#ports.ids.uuid())
    return this.#work(started, onProgress, () => Promise.resolve())
  }

  /**
   * Writes down what is going to be replayed; `run` does it. `mayWait` says behind which others.
   * @throws FleetError REPLAY_OVERLAPS (transient): another that is under way may send the same letters.
   */
  async start(
    request: ReplayRequest,
    mayWait: (behind: ReplayStarted) => boolean = () => false,
  ): Promise<ReplayStarted> {
    for (const other of (await this.#open()).over(request.filter)) {
      if (!mayWait(other)) throw overlaps(other)
    }
    const started = await this.#startOf(request, this.#ports.ids.uuid())
    await writeAct(this.#ports.appender, started)
    return started
  }

  /**
   * Replays what is not yet replayed of it: from the beginning, or from where it was killed.
   * @throws FleetError REPLAY_OVERLAPS, STOPPED, APPEND_FAILED, APPEND_UNKNOWN (transient): run it again.
   */
  async run(started: ReplayStarted, onProgress: OnProgress = () => {}): Promise<ReplayProgress> {
    // Two that began at once have both seen no other: the log says which was first.
    const other = (await this.#open()).before(started)
    if (other !== null) throw overlaps(other)
    const progress = await this.#work(started, onProgress, batch => this.#send(batch, started))
    await this.#end(started, progress)
    return progress
  }

  /** Writes down that it ended by a failure that trying again does not mend. */
  async fail(
    started: ReplayStarted,
    progress: Counts | undefined,
    errorCode: string,
  ): Promise<void> {
    const nothing = { matched: 0, sent: 0, refused: 0 }
    await this.#end(started, progress ?? nothing, { error_code: errorCode })
  }

  /** Null: no replay of this id is under way. */
  async find(replayId: string): Promise<ReplayStarted | null> {
    for (const started of (await this.#open()).over(everyLetter)) {
      if (started.replay_id === replayId) return started
    }
    return null
  }

  /** What is about whole replays stands in one partition, so it is in one order. */
  async #open(): Promise<OpenReplays> {
    const open = new OpenReplays()
    for await (const act of this.#ports.letters.acts(0)) open.take(act)
    return open
  }

  async #end(
    { replay_id }: ReplayStarted,
    { matched, sent, refused: failed }: Counts,
    more: { readonly error_code?: string } = {},
  ): Promise<void> {
    const { appender, clock } = this.#ports
    const at = new Date(clock.wallMs()).toISOString()
    const counts = { matched, sent, refused: failed }
    await writeAct(appender, { kind: 'replay_finished', replay_id, at, ...counts, ...more })
  }

  async #startOf(request: ReplayRequest, replayId: string): Promise<ReplayStarted> {
    const { filter, by, reason, ratePerSecond, includeDiscarded, again, patch } = request
    if (patch !== null && filter.ids?.length !== 1) {
      throw new FleetError('PATCH_OF_MANY', 'poison', 'a patch is for one letter, named by its id')
    }
    return {
      kind: 'replay_started',
      replay_id: replayId,
      at: new Date(this.#ports.clock.wallMs()).toISOString(),
      by,
      reason,
      filter,
      rate_per_second: ratePerSecond,
      include_discarded: includeDiscarded,
      again,
      patch,
      ends: await this.#ports.letters.ends(filter),
    }
  }

  async #work(
    started: ReplayStarted,
    onProgress: OnProgress,
    send: (batch: readonly PreparedLetter[]) => Promise<void>,
  ): Promise<ReplayProgress> {
    const { letters, clock, stopping } = this.#ports
    const progress: ReplayProgress = {
      replay_id: started.replay_id,
      matched: 0,
      sent: 0,
      refused: 0,
      refusals: {},
      refused_letters: [],
    }
    const batchMax = Math.max(1, Math.min(batchLettersMax, started.rate_per_second))
    let batch: PreparedLetter[] = []
    const flush = async (): Promise<void> => {
      const startedMs = clock.elapsedMs()
      await send(batch)
      progress.sent += batch.length
      onProgress(progress)
      const dueMs = startedMs + (batch.length * 1000) / started.rate_per_second
      batch = []
      const waitMs = dueMs - clock.elapsedMs()
      if (waitMs > 0) await clock.sleep(waitMs, stopping)
      if (stopping.aborted) throw new FleetError('STOPPED', 'transient', 'stopped while replaying')
    }
    for await (const found of letters.find(started.filter, { ends: started.ends })) {
      if (found.act?.replay_id === started.replay_id) {
        // Before it was killed.
        progress.matched++
        progress.sent++
        continue
      }
      if (found.status !== 'open' && started.filter.ids === null) {
        if (!(found.status === 'discarded' ? started.include_discarded : started.again)) continue
      }
      progress.matched++
      const prepared = await this.#prepare(found, started)
      if (prepared.ok) batch.push({ found, records: prepared.records })
      else note(progress, found, prepared)
      if (batch.length >= batchMax) await flush()
    }
    if (batch.length > 0) await flush()
    onProgress(progress)
    return progress
  }

  async #prepare(
    { letter, status }: FoundLetter,
    { replay_id: replayId, patch, include_discarded, again }: ReplayStarted,
  ): Promise<Prepared> {
    if (status === 'discarded' && !include_discarded) {
      return refused('DISCARDED', 'It was discarded; replaying it must be asked for.')
    }
    if (status === 'replayed' && !again) {
      return refused('ALREADY_REPLAYED', 'It was replayed and has not failed since.')
    }
    const { codec, keyRing, endpoints, partitionCount, clock } = this.#ports
    // Not by the origin's topic: what a stage reads is its own affair.
    if (letter.stage !== 'processor') return prepareRedrive(letter, { codec, replayId, patch })
    return prepareRaw(letter, {
      codec,
      keyRing: keyRing(),
      endpoints: endpoints(),
      partitionCount,
      nowMs: clock.wallMs(),
      replayId,
      deliveryId: deliveryIdOf(replayId, letter.dead_letter_id),
      patch,
    })
  }

  async #send(batch: readonly PreparedLetter[], started: ReplayStarted): Promise<void> {
    const { appender, clock } = this.#ports
    const sent = await Promise.all(
      batch.map(({ records }) =>
        Promise.all(
          records.map(async record => {
            const { offset } = await appender.append(record)
            return { topic: record.topic, partition: record.partition, offset }
          }),
        ),
      ),
    )
    const at = new Date(clock.wallMs()).toISOString()
    await Promise.all(
      batch.map(({ found: { letter, at: place } }, index) => {
        const act: LetterAct = {
          kind: 'replayed',
          letter_id: letter.dead_letter_id,
          stage: letter.stage,
          attempt: letter.attempt,
          at,
          by: started.by,
          reason: started.reason,
          replay_id: started.replay_id,
          sent: sent[index] ?? [],
          patch: started.patch,
        }
        return writeAct(appender, act, place.partition)
      }),
    )
  }
}

interface PreparedLetter {
  readonly found: FoundLetter
  readonly records: readonly OutRecord[]
}

/** The same letter in the same replay is the same delivery, however often it had to be sent. */
function deliveryIdOf(replayId: string, letterId: string): string {
  const hex = sha256Hex(Buffer.from(`replay/${replayId}/${letterId}`))
  // The shape of a UUID made from a name (RFC 9562, version 8).
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)]
  return `${a}-${b}-8${c}-${variant}${d}-${hex.slice(20, 32)}`
}
