// JSON schemas of dead letters, their replays and discards.

import type { JsonObject } from '@fleet/sources'

const text: JsonObject = { type: 'string' }
const textOrNull: JsonObject = { type: ['string', 'null'] }
const moment: JsonObject = { type: 'string', format: 'date-time' }
const momentOrNull: JsonObject = { type: ['string', 'null'], format: 'date-time' }
const count: JsonObject = { type: 'integer', minimum: 0 }
const countOrNull: JsonObject = { type: ['integer', 'null'], minimum: 0 }
const bytes: JsonObject = { type: ['string', 'null'], contentEncoding: 'base64' }
const truth: JsonObject = { type: ['boolean', 'null'] }
const texts: JsonObject = { type: ['array', 'null'], items: text }

function object(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false }
}

function whole(properties: JsonObject): JsonObject {
  return object(properties, Object.keys(properties))
}

const place = whole({ topic: text, partition: count, offset: count })

const letter = {
  id: text,
  stage: text,
  status: { type: 'string', enum: ['open', 'replayed', 'discarded'] },
  error_code: text,
  error_message: text,
  attempt: count,
  tenant_id: textOrNull,
  endpoint_id: textOrNull,
  event_id: textOrNull,
  event_type: textOrNull,
  failed_at: moment,
  at: place,
  bytes: count,
}

const filter = {
  stages: texts,
  ids: texts,
  codes: texts,
  tenant_id: textOrNull,
  types: texts,
  from: momentOrNull,
  to: momentOrNull,
  all: { ...truth, description: 'Asked for where nothing else narrows the letters down.' },
}

export const deadLetterSchemas = {
  DeadLetter: whole(letter),
  DeadLetterList: whole({
    items: { type: 'array', items: { $ref: '#/components/schemas/DeadLetter' } },
    next: textOrNull,
  }),
  WholeDeadLetter: whole({
    ...letter,
    causes: { type: 'array', items: text },
    origin: place,
    origin_timestamp: moment,
    origin_key: bytes,
    origin_value: bytes,
    origin_headers: { type: 'array', items: whole({ name: text, value: bytes }) },
    body: bytes,
    replay_id: textOrNull,
    trace_id: textOrNull,
    acts: { type: 'array', items: { type: 'object' } },
  }),
  ReplayInput: object(
    {
      ...filter,
      reason: textOrNull,
      rate_per_second: { type: ['integer', 'null'], minimum: 1, maximum: 10_000, default: 100 },
      dry_run: truth,
      include_discarded: truth,
      again: {
        ...truth,
        description: 'Also letters that were replayed and have not failed since.',
      },
      merge_patch: { type: ['object', 'null'], description: 'RFC 7396; for one letter.' },
      body_base64: { ...bytes, description: 'A whole new body; for one letter of the processor.' },
    },
    [],
  ),
  Replay: whole({
    replay_id: { ...textOrNull, description: 'Null: a dry run.' },
    state: { type: 'string', enum: ['queued', 'running', 'finished', 'failed', 'dry_run'] },
    started_at: momentOrNull,
    by: textOrNull,
    reason: textOrNull,
    matched: countOrNull,
    sent: count,
    refused: countOrNull,
    error_code: { ...textOrNull, description: 'Why it failed for good; start another one.' },
    refusals: {
      type: 'array',
      items: whole({ letter_id: text, code: text, message: text }),
    },
  }),
  DiscardInput: object({ ...filter, reason: { ...text, minLength: 1 }, dry_run: truth }, [
    'reason',
  ]),
  Discarded: whole({
    dry_run: { type: 'boolean' },
    matched: count,
    discarded: count,
    settled: { ...count, description: 'Matched and were not open.' },
  }),
} as const satisfies Record<string, JsonObject>
