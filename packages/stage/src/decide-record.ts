// One record's decision: admit by its bytes, decode, decide. Total: whatever goes wrong with this
// record becomes a dead letter with a code, so that no record blocks those behind it.

import { partitionOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord } from '@fleet/kafka'
import { causesOf, codeOf, FleetError, messageOf } from '@fleet/runtime'

import type {
  Decision,
  Input,
  Refusal,
  StageDeclaration,
  TaskContext,
  TaskState,
} from './declaration.ts'
import type { Redriven } from './redrive.ts'

export type RefusalWithCauses = Refusal & { causes?: readonly string[] }

/** Null lets the record pass. Checked before its schema is looked up. */
export function admitRecord<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  topic: Topic,
  record: InRecord,
  partitionCount: number,
): RefusalWithCauses | null {
  try {
    const refusal = declaration.admit?.(record, partitionCount) ?? null
    if (refusal !== null) return refusal
  } catch (error) {
    return refusalOf(error)
  }
  if (topic.key !== 'resource' || declaration.admit !== undefined) return null
  if (record.key !== null && partitionOf(record.key, partitionCount) === record.partition)
    return null
  return { code: 'WRONG_PARTITION', message: `The key does not belong on ${record.partition}` }
}

export interface Decided<Change> {
  decision: Decision<Change>
  /** Null when the record could not be decoded. */
  input: Input | null
}

export function decideRecord<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
  state: State,
  topic: Topic,
  record: InRecord,
  context: TaskContext,
  codec: Codec,
  redriven?: Redriven,
): Decided<Change> {
  let input: Input | null = null
  try {
    if (record.value === null) {
      const message = 'The record has no value'
      throw new FleetError('UNDECODABLE', 'poison', message)
    }
    // Whoever remembers bytes of it copies them: they are a view of all that was fetched with it.
    const value = codec.decode(topic, record.value, 'shared')
    const key = record.key === null ? '' : record.key.toString('utf8')
    const { partition, partitionCount, nowMicros, streamTimeMs } = context
    input = { partition, partitionCount, nowMicros, streamTimeMs, record, topic, key, value }
    if (redriven !== undefined) {
      input.redriven = { attempt: redriven.attempt, replayId: redriven.replayId }
    }
    return { decision: declaration.decide(state, input), input }
  } catch (error) {
    // Fatal is about this process and transient about its surroundings, not about the record.
    if (error instanceof FleetError && error.fate !== 'poison') throw error
    const refusal = refusalOf(error)
    return { decision: { verdict: 'dead_letter', refusal, changes: [], emit: [] }, input }
  }
}

function refusalOf(error: unknown): RefusalWithCauses {
  return { code: codeOf(error), message: messageOf(error), causes: causesOf(error) }
}
