// A letter of a sink as a record of fleet.redrive.v1, on the partition of its origin. The stage accepts
// it only while it keeps the letter's id at this attempt.

import { headerNames, topics } from '@fleet/contracts'
import type { DeadLetter, Topic } from '@fleet/contracts'
import { allTopics } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import { recordBytes } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'
import { fateOf, messageOf } from '@fleet/runtime'

import type { Patch } from '../core/acts.ts'
import { differences } from '../core/differences.ts'
import { isObject, mergePatch } from '../core/merge-patch.ts'
import { bufferOf } from './prepare-raw.ts'
import { batchOverheadBytes, refused } from './prepared.ts'
import type { Prepared } from './prepared.ts'

export interface RedriveReplay {
  readonly codec: Codec
  readonly replayId: string
  readonly patch: Patch | null
}

export async function prepareRedrive(
  letter: DeadLetter,
  { codec, replayId, patch }: RedriveReplay,
): Promise<Prepared> {
  const { origin, origin_value: original } = letter
  if (original === null) {
    return refused('UNREADABLE', 'The letter does not hold the record’s bytes.')
  }
  let value: Uint8Array = original
  if (patch !== null) {
    const topic = allTopics.find(({ name }) => name === origin.topic)
    if (topic === undefined || topic.schema === null) {
      return refused('UNREADABLE', `Nothing is known of ${origin.topic}.`)
    }
    const patched = await patchedValue(topic, bufferOf(original), patch, codec)
    if ('code' in patched) return refused(patched.code, patched.message)
    value = patched.value
  }
  // Its body, where it has one, is the raw delivery's: no sink reads it.
  const redriven: DeadLetter = { ...letter, origin_value: value, body: null, replay_id: replayId }
  const record: OutRecord = {
    topic: topics.redrive.name,
    partition: origin.partition,
    key: letter.origin_key === null ? null : bufferOf(letter.origin_key),
    value: codec.encode(topics.redrive, redriven),
    headers: { [headerNames.stage]: letter.stage },
  }
  if (recordBytes(record) + batchOverheadBytes > topics.redrive.maxMessageBytes) {
    return refused('TOO_LARGE', 'The letter is larger than the redrive topic takes.')
  }
  return { ok: true, records: [record] }
}

type Patched =
  { value: Buffer } | { code: 'UNREADABLE' | 'BAD_PATCH' | 'IDENTITY_CHANGED'; message: string }

async function patchedValue(
  topic: Topic,
  original: Buffer,
  patch: Patch,
  codec: Codec,
): Promise<Patched> {
  if (patch.kind === 'body') {
    return { code: 'BAD_PATCH', message: 'A whole body replaces that of a delivery, not an event.' }
  }
  if (!isObject(patch.document)) {
    return { code: 'BAD_PATCH', message: 'A merge patch of an event is a JSON object.' }
  }
  let event: unknown
  try {
    await codec.prepare([original])
    event = codec.decode(topic, original)
  } catch (error) {
    if (fateOf(error) === 'transient') throw error
    return { code: 'UNREADABLE', message: `The record can’t be decoded: ${messageOf(error)}` }
  }
  const patched = complete(mergePatch(event, patch.document), event)
  if (identityOf(patched) !== identityOf(event)) {
    const message = 'A patch must leave tenant, source, event id, resource and lineage as they are.'
    return { code: 'IDENTITY_CHANGED', message }
  }
  try {
    const value = codec.encode(topic, patched)
    // A member that is misspelt would be left out, and one that is missing be filled in with a default:
    // an amount of zero.
    const changed = differences(patched, codec.decode(topic, value))
    if (changed.length === 0) return { value }
    const message = `The patch does not fit the record's schema at ${changed.join(', ')}.`
    return { code: 'BAD_PATCH', message }
  } catch (error) {
    return { code: 'BAD_PATCH', message: `The patched record does not fit: ${messageOf(error)}` }
  }
}

/** In a merge patch null takes a member away; a field of a record is null then. */
function complete(patched: unknown, event: unknown): unknown {
  const names = Object.keys(event as object)
  return { ...Object.fromEntries(names.map(name => [name, null])), ...(patched as object) }
}

/** Whose event it is: a patch mends what it says, it does not make another one. */
const identityFields = ['tenant_id', 'source', 'event_id', 'resource', 'lineage', 'mode', 'origin']

function identityOf(event: unknown): string {
  const fields = event as Record<string, unknown>
  return JSON.stringify(identityFields.map(name => fields[name] ?? null))
}
