// Decides records into a batch: decision, encoding, size check, dead letter. It stages changes in the
// state but commits nothing.

import type { Codec } from '@fleet/codec'
import type { Topic } from '@fleet/contracts'
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
import { encodeDeadLetter, encodeEmits } from './outgoing.ts'
import type { Encoder } from './outgoing.ts'

export interface DeciderDependencies {
  partitionCount: number
  codec: Codec
  logger: Logger
  clock: Clock
  sha256Hex: (text: string) => string
}

export class BatchDecider<State extends TaskState<Change>, Change> {
  readonly #declaration: StageDeclaration<State, Change>
  readonly #partition: number
  readonly #deps: DeciderDependencies
  readonly #inputs: ReadonlyMap<string, Topic>
  readonly #encoder: Encoder

  constructor(
    declaration: StageDeclaration<State, Change>,
    partition: number,
    dependencies: DeciderDependencies,
  ) {
    this.#declaration = declaration
    this.#partition = partition
    this.#deps = dependencies
    this.#inputs = new Map(declaration.inputs.map(topic => [topic.name, topic]))
    this.#encoder = {
      stage: declaration.name,
      outputs: declaration.outputs,
      codec: dependencies.codec,
      sha256Hex: dependencies.sha256Hex,
    }
  }

  /** What the bytes alone say; null lets the record pass. */
  admit(record: InRecord): RefusalWithCauses | null {
    const topic = this.#topicOf(record)
    return admitRecord(this.#declaration, topic, record, this.#deps.partitionCount)
  }

  /** False: the batch is full and nothing of this record was taken. */
  decide(batch: Batch, state: State, record: InRecord, refusal: RefusalWithCauses | null): boolean {
    const before = batch.progress.streamTimeMs
    batch.progress.streamTimeMs = Math.max(before, record.timestampMs)
    const { codec } = this.#deps
    const topic = this.#topicOf(record)
    const decided: Decided<Change> =
      refusal === null
        ? decideRecord(this.#declaration, state, topic, record, this.#context(batch), codec)
        : { decision: { verdict: 'dead_letter', refusal, changes: [], emit: [] }, input: null }
    if (!this.#accept(batch, state, decided, record)) {
      batch.progress.streamTimeMs = before
      return false
    }
    batch.progress.positions[record.topic] = record.offset + 1
    return true
  }

  tick(batch: Batch, state: State, tickAtMs: number): void {
    batch.progress.lastTickMs = tickAtMs
    const context = { ...this.#context(batch), tickAtMicros: tickAtMs * 1000 }
    const decision = this.#declaration.tick?.(state, context)
    if (decision !== undefined) this.#accept(batch, state, { decision, input: null }, null)
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
    state: State,
    { decision, input }: Decided<Change>,
    record: InRecord | null,
  ): boolean {
    const encoded = encodeEmits(this.#encoder, decision.emit, this.#partition, record)
    if (!encoded.ok) {
      if (record === null) throw new FleetError(encoded.code, 'fatal', encoded.message)
      const refusal = { code: encoded.code, message: encoded.message }
      const refused = { verdict: 'dead_letter' as const, refusal, changes: [], emit: [] }
      return this.#accept(batch, state, { decision: refused, input }, record)
    }
    if (!batch.hasRoomFor(encoded.bytes)) return false
    for (const output of encoded.records) batch.outputs.push(output)
    if (decision.verdict === 'dead_letter' && record !== null) {
      this.#deadLetter(batch, decision, record, input)
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
    decision: Decision<Change>,
    record: InRecord,
    input: Input | null,
  ): void {
    const given = decision.refusal ?? { code: 'INTERNAL', message: 'no reason was given' }
    const facts = given.facts ?? this.#factsOf(input)
    const refusal = { ...given, ...(facts && { facts }) }
    const nowMicros = this.#deps.clock.wallMs() * 1000
    const letter = encodeDeadLetter(this.#encoder, record, refusal, nowMicros)
    batch.outputs.push(letter)
    batch.bytes += letter.value?.length ?? 0
    this.#deps.logger.warn(
      {
        event: 'record.dead_lettered',
        stage: this.#declaration.name,
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        code: refusal.code,
      },
      refusal.message,
    )
  }
}
