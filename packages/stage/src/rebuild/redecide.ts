// Decides again all that a task has read, into an empty memory: the same decisions as then, whose outputs
// are compared and thrown away.

import { topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord } from '@fleet/kafka'
import type { Clock, Random } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'

import { awaitSchemas } from '../await-schemas.ts'
import { BatchDecider } from '../batch-decider.ts'
import { Batch } from '../batch.ts'
import type { ChangelogRecord, StageDeclaration, TaskState } from '../declaration.ts'
import { OpenLetters } from '../open-letters.ts'
import { noProgress } from '../progress.ts'
import type { Progress } from '../progress.ts'
import { mergeInputs } from './merge-inputs.ts'
import type { InputSlice } from './merge-inputs.ts'
import { OutputSum } from './output-sum.ts'
import type { PartitionLogs } from './partition-logs.ts'
import { failedThen, replaying } from './replaying.ts'
import type { FailuresThen } from './failures-then.ts'

/** Of one portion, whose schemas are made available at once. */
const portionMax = 500

export interface Redeciding<State extends TaskState<Change>, Change> {
  readonly declaration: StageDeclaration<State, Change>
  readonly logs: PartitionLogs
  readonly slices: readonly InputSlice[]
  readonly partitionCount: number
  /** Where the task stood: nothing is decided beyond it. */
  readonly until: Progress
  readonly failures: FailuresThen
  /** Ticks that wrote something, and how many outputs there were before each; null: not known. */
  readonly ticks: ReadonlyMap<number, number> | null
  /** Outputs that are compared. */
  readonly ownOutputs: readonly Topic[]
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly sha256Hex: (text: string) => string
  /** Takes the changelog records of what was decided. */
  put(records: readonly ChangelogRecord[]): Promise<void>
}

export interface Redecided {
  readonly inputs: number
  readonly deadLettered: number
  readonly outputs: OutputSum
}

export async function redecide<State extends TaskState<Change>, Change>(
  request: Redeciding<State, Change>,
): Promise<Redecided> {
  const redecider = new Redecider(request)
  const { logs, slices } = request
  const { reader, stopping } = logs.sources
  let portion: InRecord[] = []
  for await (const record of mergeInputs(reader, slices, stopping)) {
    portion.push(record)
    if (portion.length < portionMax) continue
    await redecider.take(portion)
    portion = []
  }
  await redecider.take(portion)
  return redecider.finish()
}

class Redecider<State extends TaskState<Change>, Change> {
  readonly #request: Redeciding<State, Change>
  readonly #decider: BatchDecider<State, Change>
  readonly #state: State
  readonly #letters = new OpenLetters()
  readonly #outputs: OutputSum
  readonly #outputNames: ReadonlySet<string>
  /** Ticks that wrote something, in their order, behind how many outputs; and the first still to come. */
  readonly #known: readonly (readonly [atMs: number, outputsBefore: number])[]
  #nextKnown = 0
  #batch: Batch
  #inputs = 0
  #deadLettered = 0

  constructor(request: Redeciding<State, Change>) {
    const { declaration, failures, ticks, logs, partitionCount, codec, clock, sha256Hex } = request
    this.#request = request
    this.#known = [...(ticks ?? [])].toSorted(([left], [right]) => left - right)
    this.#decider = new BatchDecider(replaying(declaration, failures, ticks), logs.partition, {
      partitionCount,
      codec,
      // What it says of letters was said then.
      logger: silentLogger,
      // Whenever it is done, it comes to the same: what is remembered may say when it was processed.
      clock: { ...clock, wallMs: () => this.#batch.progress.streamTimeMs },
      sha256Hex,
    })
    this.#state = declaration.createState()
    this.#outputs = new OutputSum(codec, sha256Hex)
    this.#outputNames = new Set(request.ownOutputs.map(({ name }) => name))
    this.#batch = new Batch(noProgress(partitionCount))
  }

  async take(records: readonly InRecord[]): Promise<void> {
    const { failures, logs } = this.#request
    const redriven = this.#decider.redrivenOf(records, this.#letters)
    const { stopping } = logs.sources
    await awaitSchemas([...records, ...redriven], stopping, this.#request, () => {})
    for (const record of records) {
      await this.#tickUpTo(record.timestampMs)
      const isRedrive = record.topic === topics.redrive.name
      const refusal =
        !isRedrive && failures.has(record, 1) ? failedThen : this.#decider.admit(record)
      const memory = { state: this.#state, letters: this.#letters }
      if (this.#decider.decide(this.#batch, memory, record, refusal)) continue
      await this.#settle()
      this.#decider.decide(this.#batch, memory, record, refusal)
    }
    await this.#settle()
  }

  async finish(): Promise<Redecided> {
    await this.#tickUpTo(Infinity)
    return { inputs: this.#inputs, deadLettered: this.#deadLettered, outputs: this.#outputs }
  }

  /** Every tick up to then, each alone, as the loop has them. */
  async #tickUpTo(timeMs: number): Promise<void> {
    const { declaration, until } = this.#request
    const { tickMs } = declaration
    if (tickMs === undefined) return
    const lastMs = Math.min(until.lastTickMs, Math.floor(timeMs))
    if (this.#batch.progress.lastTickMs === 0) {
      const [firstMs] = this.#known[0] ?? [Infinity]
      this.#batch.progress.lastTickMs = Math.min(lastMs, firstMs - 1)
    }
    for (;;) {
      const { atMs: next, outputsBefore } = this.#nextTick(tickMs)
      if (next > lastMs) return
      if (this.#batch.decided > 0) await this.#settle()
      // A tick comes when there is time for it, so records that are younger may have been before it.
      if (this.#outputs.count < outputsBefore) return
      const memory = { state: this.#state, letters: this.#letters }
      this.#decider.tick(this.#batch, memory, next)
      await this.#settle()
    }
  }

  /** On time, or when there was one in truth: how often there is one is a setting, and may have been another. */
  #nextTick(tickMs: number): { atMs: number; outputsBefore: number } {
    const { lastTickMs } = this.#batch.progress
    while ((this.#known[this.#nextKnown]?.[0] ?? Infinity) <= lastTickMs) this.#nextKnown++
    const onTimeMs = (Math.floor(lastTickMs / tickMs) + 1) * tickMs
    const [knownMs, outputsBefore] = this.#known[this.#nextKnown] ?? [Infinity, 0]
    if (knownMs <= onTimeMs) return { atMs: knownMs, outputsBefore }
    return { atMs: onTimeMs, outputsBefore: 0 }
  }

  async #settle(): Promise<void> {
    const batch = this.#batch
    this.#inputs += batch.decided
    this.#deadLettered += batch.tally.counts.dead_letter
    for (const output of batch.outputs) {
      if (this.#outputNames.has(output.topic)) this.#outputs.add(outputOf(output))
    }
    const { streamTimeMs } = batch.progress
    this.#state.advance?.(streamTimeMs)
    this.#letters.advance(streamTimeMs)
    await this.#request.put(this.#letters.after(this.#state.pending()))
    this.#state.commit()
    this.#letters.commit()
    this.#batch = new Batch(batch.progress)
  }
}

function outputOf({ topic, key, value }: Batch['outputs'][number]) {
  return { topic, key, value }
}
