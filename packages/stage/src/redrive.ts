// How dead letters come back to the stage that wrote them: as records of fleet.redrive.v1, which every
// stage reads beside its inputs. A stage has no code for it.

import { headerNames, topics } from '@fleet/contracts'
import type { DeadLetter, Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord } from '@fleet/kafka'
import { messageOf } from '@fleet/runtime'

import type { StageDeclaration, TaskState } from './declaration.ts'
import type { OpenLetters } from './open-letters.ts'

export type AnyDeclaration = Pick<
  StageDeclaration<TaskState<unknown>, unknown>,
  'name' | 'inputs' | 'lettersReturn'
>

/** Null: its letters come back as records of its own input. */
export function redriveOf({ lettersReturn }: AnyDeclaration): Topic | null {
  return lettersReturn === 'as-input' ? null : topics.redrive
}

/** All that a stage reads. */
export function readTopicsOf(declaration: AnyDeclaration): readonly Topic[] {
  const redrive = redriveOf(declaration)
  return redrive === null ? declaration.inputs : [...declaration.inputs, redrive]
}

/** The record as it was when it failed, and the letter that brings it back. */
export interface Redriven {
  readonly letterId: string
  /** How often it has failed before. */
  readonly attempt: number
  readonly replayId: string | null
  readonly record: InRecord
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly redriven: Redriven }
  /** It is for another stage. */
  | { readonly kind: 'other' }
  | { readonly kind: 'refused'; readonly reason: string }

const other: Acceptance = { kind: 'other' }

/** Total: whatever stands in the topic, it changes nothing but what the stage itself had refused. */
export function acceptRedriven(
  { name, inputs }: AnyDeclaration,
  letters: OpenLetters,
  codec: Codec,
  record: InRecord,
): Acceptance {
  if (record.headers[headerNames.stage]?.toString('utf8') !== name) return other
  let letter: DeadLetter
  try {
    if (record.value === null) return { kind: 'refused', reason: 'it has no value' }
    letter = codec.decode(topics.redrive, record.value) as DeadLetter
  } catch (error) {
    return { kind: 'refused', reason: `it can't be read: ${messageOf(error)}` }
  }
  const { dead_letter_id: letterId, attempt, origin } = letter
  const openAttempt = letters.attemptOf(letterId)
  if (openAttempt === null) return { kind: 'refused', reason: 'no such letter is open' }
  if (openAttempt !== attempt) {
    return { kind: 'refused', reason: `attempt ${openAttempt} is open, not ${attempt}` }
  }
  const isInput = inputs.some(topic => topic.name === origin.topic)
  if (letter.stage !== name || !isInput || origin.partition !== record.partition) {
    return { kind: 'refused', reason: 'its origin is no input of this partition' }
  }
  const redriven = { letterId, attempt, replayId: letter.replay_id, record: originOf(letter) }
  return { kind: 'accepted', redriven }
}

function originOf(letter: DeadLetter): InRecord {
  const { origin, origin_key: key, origin_value: value, origin_headers: headers } = letter
  return {
    topic: origin.topic,
    partition: origin.partition,
    offset: origin.offset,
    timestampMs: Math.floor(letter.origin_timestamp / 1000),
    key: bufferOf(key),
    value: bufferOf(value),
    headers: Object.fromEntries(
      headers.flatMap(({ name, value: bytes }): [string, Buffer][] =>
        bytes === null ? [] : [[name, bufferOf(bytes) ?? noBytes]],
      ),
    ),
  }
}

const noBytes = Buffer.alloc(0)

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
