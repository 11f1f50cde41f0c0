// The one writer of the control topic. Opening it fences every earlier one; a barrier it commits first
// tells how far to read, and what was read to there is all there is. Two processes may both take
// changes: each fences the other and reads again before it decides.
//
// Never answer a change from memory after an error: whether it was committed is told by the topic.

import { topics, transactionalIdOf } from '@fleet/contracts'
import type { Broker, OutRecord, TransactionalWriter } from '@fleet/kafka'
import { codeOf, fateOf, messageOf } from '@fleet/runtime'
import type { Clock, Ids, Random } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { Decision, Outcome } from '../core/commands.ts'
import { barrierKey, encodeRecord, metaKey, recordKey } from '../core/records.ts'
import type { MetaRecord } from '../core/records.ts'
import { ControlState } from '../core/state.ts'
import { controlError } from '../errors.ts'
import { controlPartition, readControlTopic } from './read-control-topic.ts'

export interface ControlWriterOptions {
  readonly broker: Broker
  readonly environment: string
  readonly ids: Ids
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Another writer may fence us between reading and committing; more often than this is a quarrel. */
const attemptsMax = 5
/** Two that begin at once would fence each other for ever: one of them lets the other finish. */
const pauseMsMax = 400
/** So many changes of others may come between a lost answer and the look for it. */
const changeIdsMax = 32
/** Changes are made by people and their scripts; more than this at once is Kafka not answering. */
const waitingMax = 100
/** The topic's largest batch, less the framing. */
const transactionBytesMax = 900_000

export class ControlWriter {
  readonly #options: ControlWriterOptions
  #writer: TransactionalWriter | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #closed = false
  /** As of the last change or reading of this writer. */
  state = new ControlState()

  constructor(options: ControlWriterOptions) {
    this.#options = options
  }

  /**
   * Decides on the present state and commits; one change at a time.
   * @throws FleetError CONTROL_UNAVAILABLE (transient): the change may or may not have been made.
   */
  change(decide: (state: ControlState) => Decision): Promise<Decision> {
    if (this.#waiting >= waitingMax) {
      return Promise.reject(controlError('CONTROL_UNAVAILABLE', 'too many changes wait'))
    }
    this.#waiting++
    const turn = this.#queue.then(() => this.#change(decide))
    this.#queue = turn.catch(() => {}).then(() => this.#waiting--)
    return turn
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#queue
    await this.#dropWriter()
  }

  async #change(decide: (state: ControlState) => Decision): Promise<Decision> {
    /** Sent, but its answer was lost. */
    let lost: { changeId: string; decision: Decision } | null = null
    let problem: unknown = null
    for (let attempt = 1; attempt <= attemptsMax && !this.#closed; attempt++) {
      if (attempt > 1) await this.#pause()
      try {
        const writer = await this.#acquired()
        // Fenced, or the answer was lost: the topic, read behind a new fence, knows.
        if (lost !== null && this.state.changeIds.includes(lost.changeId)) return lost.decision
        const decision = decide(this.state)
        if (!decision.ok || decision.outcome.changes.length === 0) return decision
        const changeId = this.#options.ids.uuid()
        if (await this.#commit(writer, decision.outcome, changeId)) return decision
        lost = { changeId, decision }
      } catch (error) {
        await this.#dropWriter()
        problem = error
        if (fateOf(error) === 'fatal') throw error
        // Whoever is fenced tries again; an absent Kafka is not there a moment later either.
        if (codeOf(error) !== 'TRANSACTION_LOST') break
      }
    }
    if (lost !== null && (await this.#wasCommitted(lost.changeId))) return lost.decision
    const reason = problem === null ? 'other writers were faster' : messageOf(problem)
    throw controlError('CONTROL_UNAVAILABLE', `the change could not be made (${reason})`, problem)
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#options
    return clock.sleep(random.next() * pauseMsMax)
  }

  async #wasCommitted(changeId: string): Promise<boolean> {
    try {
      await this.#acquired()
      return this.state.changeIds.includes(changeId)
    } catch {
      // Said as unknown: the caller reads again.
      return false
    }
  }

  async #acquired(): Promise<TransactionalWriter> {
    if (this.#writer !== null) return this.#writer
    const { broker, environment, ids, logger } = this.#options
    const transactionalId = transactionalIdOf(environment, 'control', controlPartition)
    const writer = await broker.openWriter({ transactionalId })
    try {
      const barrier = record(barrierKey, ids.uuid())
      const [committed] = await writer.commit([barrier])
      if (committed === undefined) throw new Error('no barrier')
      const state = new ControlState(this.state)
      await readControlTopic(broker, committed.baseOffset, state, logger)
      this.state = state
    } catch (error) {
      await writer.close().catch(() => {})
      throw error
    }
    this.#writer = writer
    return writer
  }

  /** False: refused or outcome unknown; the writer is dropped. */
  async #commit(writer: TransactionalWriter, outcome: Outcome, changeId: string): Promise<boolean> {
    const { changeIds } = this.state
    const meta: MetaRecord = {
      revision: this.state.revision + 1,
      change_ids: [...changeIds, changeId].slice(-changeIdsMax),
    }
    const records = outcome.changes.map(change =>
      record(recordKey(change), change.value === null ? null : encodeRecord(change.value)),
    )
    records.push(record(metaKey, encodeRecord(meta)), ...outcome.audit.map(auditRecord))
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 200, 0)
    if (bytes > transactionBytesMax) {
      throw controlError('CONTROL_CHANGE_TOO_LARGE', `a change of ${bytes} bytes`)
    }
    try {
      await writer.commit(records)
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'control.commit_lost')
      await this.#dropWriter()
      return false
    }
    for (const change of outcome.changes) this.state.apply(change)
    this.state.revision = meta.revision
    this.state.changeIds = meta.change_ids
    return true
  }

  async #dropWriter(): Promise<void> {
    const writer = this.#writer
    this.#writer = null
    await writer?.close().catch(() => {})
  }
}

function record(key: string, text: string | null): OutRecord {
  const value = text === null ? null : Buffer.from(text)
  return { topic: topics.control.name, partition: controlPartition, key, value }
}

function auditRecord(entry: Outcome['audit'][number]): OutRecord {
  return {
    topic: topics.controlAudit.name,
    partition: controlPartition,
    key: `${entry.kind}/${entry.id}`,
    value: Buffer.from(encodeRecord(entry)),
  }
}
