// Decides records into a batch: decision, encoding, size check, dead letter. It stages changes in the
// state but commits nothing.

import type { Codec } from '@fleet/codec'
import type { Topic } from '@fleet/contracts'
import { deadLetterIdOf } from '@fleet/dlq'
import type { InRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { Batch } from './batch.ts'
import { admitRecord, decideRecord } from './decide-record.ts'
import type { Decided, RefusalWithCauses } from './decide-record.ts'
import type {
  DeadLetterFacts,
  Decision,
  Input,
  StageDeclaration,
  TaskContext,
  TaskState,
} from './declaration.ts'
import type { OpenLetters } from './open-letters.ts'
import { encodeDeadLetter, encodeDecision } from './outgoing.ts'
import type { Encoder, LetterRefusal } from './outgoing.ts'
import { acceptRedriven, readTopicsOf, redriveOf } from './redrive.ts'
import type { Redriven } from './redrive.ts'

export interface DeciderDependencies {
  partitionCount: number
  codec: Codec
  logger: Logger
  clock: Clock
  sha256Hex: (text: string) => string
}

/** What a task remembers: the stage's own state, and which letters may come back. */
export interface Memory<State> {
  readonly state: State
  readonly letters: OpenLetters
}

export class BatchDecider<State extends TaskState<Change>, Change> {
  readonly #declaration: StageDeclaration<State, Change>
  readonly #partition: number
  readonly #deps: DeciderDependencies
  readonly #inputs: ReadonlyMap<string, Topic>
  readonly #encoder: Encoder
  readonly #redrive: Topic | null

  constructor(
    declaration: StageDeclaration<State, Change>,
    partition: number,
    dependencies: DeciderDependencies,
  ) {
    this.#declaration = declaration
    this.#partition = partition
    this.#deps = dependencies
    this.#inputs = new Map(readTopicsOf(declaration).map(topic => [topic.name, topic]))
    this.#redrive = redriveOf(declaration)
    this.#encoder = {
      stage: declaration.name,
      outputs: declaration.outputs,
      table: declaration.table,
      codec: dependencies.codec,
      sha256Hex: dependencies.sha256Hex,
    }
  }

  /** What the bytes alone say; null lets the record pass. */
  admit(record: InRecord): RefusalWithCauses | null {
    const topic = this.#topicOf(record)
    if (topic === this.#redrive) return null
    return admitRecord(this.#declaration, topic, record, this.#deps.partitionCount)
  }

  /** The records that came back in dead letters: their schemas are needed too. */
  redrivenOf(records: readonly InRecord[], letters: OpenLetters): InRecord[] {
    const { codec } = this.#deps
    if (this.#redrive === null || letters.size === 0) return []
    return records.flatMap(record => {
      if (record.topic !== this.#redrive?.name) return []
      const accepted = acceptRedriven(this.#declaration, letters, codec, record)
      return accepted.kind === 'accepted' ? [accepted.redriven.record] : []
    })
  }

  /** False: the batch is full and nothing of this record was taken. */
  decide(
    batch: Batch,
    memory: Memory<State>,
    record: InRecord,
    refusal: RefusalWithCauses | null,
  ): boolean {
    const { codec } = this.#deps
    const topic = this.#topicOf(record)
    if (topic === this.#redrive) return this.#decideRedriven(batch, memory, record)
    const before = batch.progress.streamTimeMs
    batch.progress.streamTimeMs = Math.max(before, record.timestampMs)
    const decided: Decided<Change> =
      refusal === null
        ? decideRecord(this.#declaration, memory.state, topic, record, this.#context(batch), codec)
        : { decision: { verdict: 'dead_letter', refusal, changes: [], emit: [] }, input: null }
    if (!this.#accept(batch, memory, decided, record)) {
      batch.progress.streamTimeMs = before
      return false
    }
    batch.progress.positions[record.topic] = record.offset + 1
    return true
  }

  /**
   * A letter that came back is decided in place of its record, at the stream time of the inputs: when it
   * was sent says nothing about them.
   */
  #decideRedriven(batch: Batch, memory: Memory<State>, record: InRecord): boolean {
    const { codec, partitionCount } = this.#deps
    const { state, letters } = memory
    const acceptance = acceptRedriven(this.#declaration, letters, codec, record)
    if (acceptance.kind === 'accepted') {
      const { redriven } = acceptance
      const origin = redriven.record
      const topic = this.#topicOf(origin)
      const refusal = admitRecord(this.#declaration, topic, origin, partitionCount)
      const context = this.#context(batch)
      const decided: Decided<Change> =
        refusal === null
          ? decideRecord(this.#declaration, state, topic, origin, context, codec, redriven)
          : { decision: { verdict: 'dead_letter', refusal, changes: [], emit: [] }, input: null }
      if (!this.#accept(batch, memory, decided, origin, redriven)) return false
    } else if (acceptance.kind === 'refused') {
      this.#deps.logger.warn(
        {
          event: 'redrive.refused',
          stage: this.#declaration.name,
          partition: record.partition,
          offset: record.offset,
        },
        acceptance.reason,
      )
      batch.tally.addRefused()
      batch.decided++
    }
    const { topic, partition, offset } = record
    batch.moveTo([{ topic, partition, offset: offset + 1 }])
    return true
  }

  tick(batch: Batch, memory: Memory<State>, tickAtMs: number): void {
    batch.progress.lastTickMs = tickAtMs
    const context = { ...this.#context(batch), tickAtMicros: tickAtMs * 1000 }
    const decision = this.#declaration.tick?.(memory.state, context)
    if (decision === undefined) return
    this.#accept(batch, memory, { decision, input: null }, null)
  }

  #factsOf(input: Input | null): DeadLetterFacts | undefined {
    try {
      return input === null ? undefined : this.#declaration.facts?.(input)
    } catch {
      // A value odd enough to break this is dead-lettered all the same; its bytes say the rest.
      return undefined
    }
  }

  #topicOf(record: InRecord): Topic {
    const topic = this.#inputs.get(record.topic)
    if (topic === undefined) {
      throw new FleetError('UNDECLARED_INPUT', 'fatal', `${record.topic} is not an input`)
    }
    return topic
  }

  #context(batch: Batch): TaskContext {
    return {
      partition: this.#partition,
      partitionCount: this.#deps.partitionCount,
      nowMicros: this.#deps.clock.wallMs() * 1000,
      streamTimeMs: batch.progress.streamTimeMs,
    }
  }

  #accept(
    batch: Batch,
    memory: Memory<State>,
    { decision, input }: Decided<Change>,
    record: InRecord | null,
    redriven?: Redriven,
  ): boolean {
    const { state, letters } = memory
    const encoded = encodeDecision(this.#encoder, state, decision, this.#partition, record)
    if (!encoded.ok) {
      if (record === null) throw new FleetError(encoded.code, 'fatal', encoded.message)
      const refusal = { code: encoded.code, message: encoded.message }
      const refused = { verdict: 'dead_letter' as const, refusal, changes: [], emit: [] }
      return this.#accept(batch, memory, { decision: refused, input }, record, redriven)
    }
    if (!batch.hasRoomFor(encoded.bytes)) return false
    for (const output of encoded.records) batch.outputs.push(output)
    if (redriven !== undefined) letters.remove(redriven.letterId)
    if (decision.verdict === 'dead_letter' && record !== null) {
      this.#deadLetter(batch, letters, decision, record, input, redriven)
    }
    for (const change of decision.changes) state.stage(change)
    batch.bytes += encoded.bytes
    if (record !== null) {
      batch.tally.add(decision)
      batch.decided++
    }
    return true
  }

  #deadLetter(
    batch: Batch,
    letters: OpenLetters,
    decision: Decision<Change>,
    record: InRecord,
    input: Input | null,
    redriven: Redriven | undefined,
  ): void {
    const given = decision.refusal ?? { code: 'INTERNAL', message: 'no reason was given' }
    const facts = given.facts ?? this.#factsOf(input)
    const attempt = (redriven?.attempt ?? 0) + 1
    const refusal: LetterRefusal = { ...given, ...(facts && { facts }), attempt }
    if (redriven !== undefined) refusal.replayId = redriven.replayId
    const nowMicros = this.#deps.clock.wallMs() * 1000
    const letter = encodeDeadLetter(this.#encoder, record, refusal, nowMicros)
    batch.outputs.push(letter)
    batch.bytes += letter.value?.length ?? 0
    if (this.#redrive !== null) {
      const id = deadLetterIdOf(this.#declaration.name, record, this.#deps.sha256Hex)
      const shed = letters.keep(id, { attempt, failedAtMs: batch.progress.streamTimeMs })
      if (shed > 0) this.#sayShed(record.partition, shed)
    }
    this.#deps.logger.warn(
      {
        event: 'record.dead_lettered',
        stage: this.#declaration.name,
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        code: refusal.code,
        attempt,
      },
      refusal.message,
    )
  }

  #sayShed(partition: number, count: number): void {
    const { name: stage } = this.#declaration
    this.#deps.logger.warn(
      { event: 'letters.shed', stage, partition, count },
      'too many open letters: the oldest can no longer be replayed',
    )
  }
}
