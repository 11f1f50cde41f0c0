// One partition of one stage: fence → barrier → restore → run. State, outputs and input positions are
// one transaction; memory changes only after its commit. After any error the writer and the memory
// are thrown away and the changelog says what really happened.

import { topics, transactionalIdOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { bareRecord } from '@fleet/kafka'
import type { Chunk, InRecord, Position, RecordStream, TransactionalWriter } from '@fleet/kafka'
import { codeOf, FleetError, messageOf } from '@fleet/runtime'

import { awaitSchemas, SchemaForesight } from './await-schemas.ts'
import { putBarrier } from './barrier.ts'
import { Batch } from './batch.ts'
import { BatchSize } from './batch-size.ts'
import { BatchDecider } from './batch-decider.ts'
import type { StageDeclaration, TaskState } from './declaration.ts'
import { refuseLostChangelog } from './lost-changelog.ts'
import { OpenLetters } from './open-letters.ts'
import type { PartitionHandler } from './partition-handler.ts'
import { encodeProgress, noProgress, progressKey } from './progress.ts'
import type { Progress } from './progress.ts'
import { readTopicsOf, redriveOf } from './redrive.ts'
import { restoreState } from './restore.ts'
import type { Known } from './restore.ts'
import { StateHash } from './state-hash.ts'
import type { TaskDependencies } from './task-dependencies.ts'
import { Ticks } from './ticks.ts'

/**
 * How long a position may run ahead of the changelog while nothing but aborted records and gaps is
 * read. Far below any retention: a position left behind would one day point before the log.
 */
const passedCommitMs = 60_000

const latencyTargetMsDefault = 200

/** What is wrong with one partition's memory and not with this process. */
const untrusted: ReadonlySet<string> = new Set(['STATE_DIFFERS', 'STATE_UNREADABLE', 'STATE_LOST'])

export type TaskPhase = 'fencing' | 'restoring' | 'running' | 'waiting' | 'refused' | 'stopped'

export class TransactionalTask<
  State extends TaskState<Change>,
  Change,
> implements PartitionHandler {
  readonly partition: number
  readonly #declaration: StageDeclaration<State, Change>
  readonly #deps: TaskDependencies
  readonly #changelog: Topic
  readonly #decider: BatchDecider<State, Change>
  readonly #batchSize: BatchSize
  readonly #foresight: SchemaForesight
  #writer: TransactionalWriter | null = null
  #memory: Known<State>
  /** Where the changelog is known up to; -1 when memory is worth nothing. */
  #changelogPosition = -1
  /** Positions that moved on without a record since the last commit. */
  #passed: readonly Position[] = []
  readonly #ticks: Ticks
  #committedMs: number
  stream: RecordStream | null = null
  /** Records taken from the stream and not yet committed. */
  inWork = 0
  phase: TaskPhase = 'stopped'
  /** Why it waits, for readiness; null when it does not. */
  waitingFor: string | null = null

  constructor(
    declaration: StageDeclaration<State, Change>,
    partition: number,
    dependencies: TaskDependencies,
  ) {
    this.#declaration = declaration
    this.partition = partition
    this.#deps = dependencies
    this.#changelog = topics.changelogs[declaration.name]
    this.#decider = new BatchDecider(declaration, partition, dependencies)
    this.#batchSize = new BatchSize(dependencies.latencyTargetMs ?? latencyTargetMsDefault)
    this.#foresight = new SchemaForesight(dependencies)
    this.#memory = {
      state: declaration.createState(),
      progress: noProgress(dependencies.partitionCount),
      hash: new StateHash(),
      letters: new OpenLetters(),
    }
    this.#ticks = new Ticks(declaration.tickMs, dependencies.clock)
    this.#committedMs = dependencies.clock.elapsedMs()
  }

  /** One take is one transaction, unless its outputs are too large for one. */
  get takeMax(): number {
    return this.#batchSize.records
  }

  get progress(): Progress {
    return this.#memory.progress
  }

  sizes(): Record<string, number> {
    const { state, letters } = this.#memory
    return { ...state.sizes?.(), ...(redriveOf(this.#declaration) && letters.sizes()) }
  }

  async acquire(stopping: AbortSignal): Promise<Position[]> {
    this.phase = 'fencing'
    this.inWork = 0
    await this.#writer?.close().catch(() => {})
    this.#writer = null
    const { broker, environment, ids, clock } = this.#deps
    const started = clock.elapsedMs()
    const writer = await broker.openWriter({
      transactionalId: transactionalIdOf(environment, this.#declaration.name, this.partition),
    })
    this.#writer = writer
    const changelog = { topic: this.#changelog.name, partition: this.partition }
    const barrierOffset = await putBarrier(writer, changelog, ids)
    const elapsedMs = clock.elapsedMs()
    this.phase = 'restoring'
    const position = this.#changelogPosition
    const restored = await restoreState({
      ...this.#deps,
      declaration: this.#declaration,
      ...changelog,
      reader: this.#deps.restoreReader,
      onWaiting: this.#sayWaiting.bind(this),
      onReady: this.#goOn.bind(this, 'restoring'),
      barrierOffset,
      stopping,
      known: position < 0 ? null : { ...this.#memory, position },
    }).catch(async (error: unknown) => {
      // Held up, it may have read what another one wrote since: whoever is fenced learns that here.
      if (untrusted.has(codeOf(error))) await putBarrier(writer, changelog, ids)
      throw error
    })
    if (restored.progress.transactions === 0) {
      await refuseLostChangelog(broker, environment, this.#declaration, this.partition)
    }
    this.#memory = restored
    this.#changelogPosition = barrierOffset + 1
    this.#passed = []
    this.#ticks.restart(restored.progress.lastTickMs, { wallMs: restored.barrierMs, elapsedMs })
    this.#goOn('running')
    this.#deps.logger.info(
      {
        event: 'task.running',
        stage: this.#declaration.name,
        partition: this.partition,
        changelog_records: restored.records,
        table_records: restored.tableRecords,
        duration_ms: Math.round(clock.elapsedMs() - started),
        ...this.sizes(),
      },
      'task running',
    )
    return readTopicsOf(this.#declaration).map(({ name }) => ({
      topic: name,
      partition: this.partition,
      offset: this.progress.positions[name] ?? -1,
    }))
  }

  async process(chunk: Chunk, stopping: AbortSignal): Promise<void> {
    this.#ticks.follow(chunk)
    this.#passed = chunk.records.length === 0 ? chunk.positions : []
    if (chunk.records.length === 0) return
    const known = this.#changelogPosition
    // Whatever is thrown below, staged changes may be in memory: it is worth nothing then.
    this.#changelogPosition = -1
    if (await this.#processChunk(chunk, stopping)) return
    this.#changelogPosition = known
  }

  /** False: stopped before anything was decided. */
  async #processChunk(chunk: Chunk, stopping: AbortSignal): Promise<boolean> {
    const { records } = chunk
    const { clock } = this.#deps
    this.inWork = records.length
    this.#foresight.look(this.stream)
    const refusals = records.map(record => this.#decider.admit(record))
    const readable = records.filter((_, index) => refusals[index] === null)
    if (!(await this.#prepare(readable, stopping))) return false
    const redriven = this.#decider.redrivenOf(records, this.#memory.letters)
    if (redriven.length > 0 && !(await this.#prepare(redriven, stopping))) return false
    let from = 0
    while (from < records.length) {
      const started = clock.elapsedMs()
      const batch = new Batch(this.progress, this.#batchSize.records)
      let to = from
      for (; to < records.length && !batch.isFull; to++) {
        const record = records[to]
        if (record === undefined) break
        const refusal = refusals[to] ?? null
        if (!this.#decider.decide(batch, this.#memory, record, refusal)) break
      }
      if (to === records.length) batch.moveTo(chunk.positions)
      const decided = clock.elapsedMs()
      await this.#commit(batch)
      this.#batchSize.observe(batch.decided, decided - started, clock.elapsedMs() - decided)
      from = to
      this.inWork = records.length - to
      if (stopping.aborted) break
    }
    return true
  }

  async onTime(): Promise<number> {
    const dueMs = this.#ticks.due(this.stream, this.progress.lastTickMs)
    if (dueMs === null) await this.#commitPassed()
    else {
      const batch = new Batch(this.progress)
      batch.moveTo(this.#passed)
      this.#changelogPosition = -1
      this.#decider.tick(batch, this.#memory, dueMs)
      await this.#commit(batch)
    }
    return this.#ticks.waitMs(this.stream)
  }

  async #commitPassed(): Promise<void> {
    const moved = this.#passed.some(
      ({ topic, offset }) => offset >= 0 && offset !== this.progress.positions[topic],
    )
    if (!moved || this.#deps.clock.elapsedMs() - this.#committedMs < passedCommitMs) return
    const batch = new Batch(this.progress)
    batch.moveTo(this.#passed)
    await this.#commit(batch)
  }

  refuse({ code, message }: FleetError): boolean {
    if (!untrusted.has(code)) return false
    this.#changelogPosition = -1
    this.phase = 'refused'
    this.waitingFor = message
    return true
  }

  async close(): Promise<void> {
    this.phase = 'stopped'
    await this.#writer?.close().catch(() => {})
    this.#writer = null
  }

  /** False: stopped. */
  async #prepare(records: readonly InRecord[], stopping: AbortSignal): Promise<boolean> {
    const onWaiting = this.#sayWaiting.bind(this)
    if (!(await awaitSchemas(records, stopping, this.#deps, onWaiting))) return false
    this.#goOn('running')
    return true
  }

  #goOn(phase: TaskPhase): void {
    this.phase = phase
    this.waitingFor = null
  }

  #sayWaiting(error: unknown, attempt: number): void {
    this.phase = 'waiting'
    this.waitingFor = messageOf(error)
    this.#deps.logger.warn(
      { event: 'task.waiting', partition: this.partition, attempt, err: error },
      'waiting for schemas',
    )
  }

  async #commit(batch: Batch): Promise<void> {
    const { clock, metrics } = this.#deps
    // Until all of this is done, memory is worth nothing: a failure anywhere below restores it whole.
    this.#changelogPosition = -1
    const writer = this.#writer
    if (writer === null) throw new FleetError('TRANSACTION_LOST', 'transient', 'no writer')
    const started = clock.elapsedMs()
    const progress = batch.close()
    const { state, letters, hash } = this.#memory
    state.advance?.(progress.streamTimeMs)
    letters.advance(progress.streamTimeMs)
    const pending = letters.after(state.pending())
    progress.state = hash.after(pending, this.#declaration.table, batch.outputs)
    const { name } = this.#changelog
    const entries = [...pending, { key: progressKey, value: encodeProgress(progress) }]
    const log = entries.map(({ key, value }) => bareRecord(name, this.partition, key, value))
    const committed = await writer.commit([...log, ...batch.outputs]).catch((error: unknown) => {
      this.phase = 'fencing'
      metrics.lost()
      throw error
    })
    state.commit()
    letters.commit()
    this.#memory.progress = progress
    this.#passed = []
    this.#committedMs = clock.elapsedMs()
    const base = committed.find(({ topic }) => topic === name)?.baseOffset
    if (base !== undefined) this.#changelogPosition = base + log.length
    metrics.batch((clock.elapsedMs() - started) / 1000)
    batch.tally.report(metrics, clock.wallMs() * 1000)
  }
}
