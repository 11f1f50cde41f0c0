// A stage's changelog folded into its state: the newest value of each key, the newest progress, and
// whether the two belong together. Nothing is believed before all of it has been read: a value may be
// replaced by a later one.

import { fateOf, FleetError, messageOf } from '@fleet/runtime'

import type { TaskState } from './declaration.ts'
import { NewestValues } from './newest-values.ts'
import { isLetterKey, OpenLetters } from './open-letters.ts'
import { barrierKey, decodeProgress, noProgress, progressKey } from './progress.ts'
import type { Progress } from './progress.ts'
import { StateHash } from './state-hash.ts'

/** Entries settled in one step: about 20 ms. */
const settledPerStep = 10_000
/** Each has to be decoded. */
const tableSettledPerStep = 4000

/** The topic that is memory too, and how its records are read. */
export interface TableSource {
  readonly name: string
  decode(value: Buffer): unknown
}

export class ChangelogFold<State extends TaskState<Change>, Change> {
  readonly state: State
  /** Of what is live, once finished. */
  readonly hash = new StateHash()
  readonly letters = new OpenLetters()
  records = 0
  tableRecords = 0
  #progress: Buffer | null = null
  readonly #tableSource: TableSource | null
  /** Of each live key, nothing done with it yet: of what nobody compacted little counts. */
  readonly #newest = new NewestValues()
  readonly #newestOfTable = new NewestValues()
  /** Why the newest value of a key could not be taken in, by key. */
  readonly #unreadable = new Map<string, unknown>()

  constructor(state: State, table?: TableSource) {
    this.state = state
    this.#tableSource = table ?? null
  }

  /** In log order. */
  take(key: string, value: Buffer | null): void {
    this.records++
    if (key === barrierKey) return
    if (key === progressKey) this.#progress = value
    // Letters stand in the order of their newest record, which a map of newest values does not keep.
    else if (isLetterKey(key)) this.#settle(key, value)
    else if (value === null) this.#newest.delete(key)
    else this.#newest.put(key, value)
  }

  /** A record of the stage's table, in log order. */
  takeTable(key: string, value: Buffer | null): void {
    this.tableRecords++
    if (value === null) this.#newestOfTable.delete(key)
    else this.#newestOfTable.put(key, value)
  }

  #settle(key: string, value: Buffer | null): void {
    this.hash.put(key, value)
    if (this.#unreadable.size > 0) this.#unreadable.delete(`changelog record ${key}`)
    try {
      if (isLetterKey(key)) this.letters.restore(key, value)
      else this.state.restore(key, value)
    } catch (error) {
      this.#unreadable.set(`changelog record ${key}`, error)
    }
  }

  /** Lets go of what is settled, so that it is not there twice. */
  *#settleAll(): Generator<void> {
    let settled = 0
    for (const [key, value] of this.#newest.drain()) {
      this.#settle(key, value)
      if (++settled % settledPerStep === 0) yield
    }
  }

  *#settleTable(): Generator<void> {
    const source = this.#tableSource
    if (source === null) return
    let settled = 0
    for (const [key, value] of this.#newestOfTable.drain()) {
      this.hash.putTable(key, value)
      try {
        this.state.restoreTable?.(key, () => source.decode(value))
      } catch (error) {
        // Its schema was let go of meanwhile: it is there again at the next attempt.
        if (fateOf(error) === 'transient') throw error
        this.#unreadable.set(`the record of ${key} in ${source.name}`, error)
      }
      if (++settled % tableSettledPerStep === 0) yield
    }
  }

  /** The newest progress record; null: there is none. */
  progress(partitionCount: number): Progress | null {
    return this.#progress === null ? null : decodeProgress(this.#progress, partitionCount)
  }

  /**
   * Called once, after the last record.
   * @throws FleetError STATE_DIFFERS, STATE_UNREADABLE (fatal): memory can't be trusted, the message
   *   says what to do; PARTITION_MISMATCH (fatal).
   */
  finish(partitionCount: number, stage: string, partition: number): Progress {
    const steps = this.#finishing(partitionCount, { stage, partition })
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  }

  /** The same, with a pause after each step: other partitions of the process go on. */
  async finishInSteps(
    partitionCount: number,
    stage: string,
    partition: number,
    pause: () => Promise<void>,
  ): Promise<Progress> {
    const steps = this.#finishing(partitionCount, { stage, partition })
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await pause()
    }
  }

  *#finishing(partitionCount: number, where: Place): Generator<void, Progress> {
    yield* this.#settleAll()
    const progress = this.#readProgress(partitionCount, where)
    // What was written when the stage had no table is vouched for without it; a changelog that was given
    // up begins anew, beside the table as it is.
    const isOfBoth = progress?.state?.table === true
    if (!isOfBoth) this.#check(progress, '', where)
    yield* this.#settleTable()
    if (isOfBoth) this.#check(progress, ` and ${this.#tableSource?.name ?? 'its table'}`, where)
    for (const [what, error] of this.#unreadable) throw unreadable(what, where, error)
    yield* this.#steps(where)
    return progress ?? noProgress(partitionCount)
  }

  #readProgress(partitionCount: number, where: Place): Progress | null {
    try {
      return this.progress(partitionCount)
    } catch (error) {
      if (error instanceof FleetError) throw error
      throw unreadable('the progress record', where, error)
    }
  }

  #check(progress: Progress | null, andTable: string, where: Place): void {
    const { hash, entries } = this.hash.mark
    const kept = progress === null && entries > 0 ? { hash: 'none', entries: 0 } : progress?.state
    if (kept === undefined || (kept.hash === hash && kept.entries === entries)) return
    const message =
      `the changelog${andTable} of partition ${where.partition} of ${where.stage} comes to ${hash} ` +
      `(${entries} records), its last commit left ${kept.hash} (${kept.entries}): ` +
      `memory can't be trusted; ${remedyOf(where)}`
    throw new FleetError('STATE_DIFFERS', 'fatal', message)
  }

  *#steps(where: Place): Generator<void> {
    try {
      for (const _ of this.state.restored?.() ?? []) yield
    } catch (error) {
      throw unreadable('the changelog', where, error)
    }
  }
}

interface Place {
  stage: string
  partition: number
}

function unreadable(what: string, where: Place, cause: unknown): FleetError {
  const { stage, partition } = where
  const reason = `${what} of partition ${partition} of ${stage} can't be read (${messageOf(cause)})`
  return new FleetError('STATE_UNREADABLE', 'fatal', `${reason}; ${remedyOf(where)}`, { cause })
}

function remedyOf({ stage, partition }: Place): string {
  return `stop its processes and run: fleet state rebuild --stage ${stage} --partition ${partition}`
}
