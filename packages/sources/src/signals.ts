// The signals of a Smartcar delivery, version 2 items and version 3 and 4 signals alike, in the order
// sent. Nothing is merged or left out here: where a code stands twice, and whether a signal becomes the
// current value of its code, the processor decides by (observed_at, position).

import type { Signal } from '@fleet/contracts'
import { canonicalJson } from './canonical-json.ts'
import { readText } from './domain-fields.ts'
import { codeOfPath } from './signal-codes.ts'
import { observedAt } from './smartcar/observed-at.ts'
import { isJsonObject, member } from './strict-json.ts'
import type { Json, JsonObject } from './strict-json.ts'

export interface SignalReading {
  readonly signals: Signal[]
  /** Positions in `signals` whose time is the event's, because they carried none of their own. */
  readonly withoutOwnTime: ReadonlySet<number>
  /** What no field holds, entry by entry; undefined when nothing is left. */
  readonly rest: Json | undefined
}

/** `vehicle`: the object whose `timestamp` stands for its signals. `occurredAt`: the event's time. */
export function readSignals(
  items: readonly Json[],
  vehicle: Json | undefined,
  occurredAt: number,
): SignalReading {
  const signals: Signal[] = []
  const withoutOwnTime = new Set<number>()
  const rests: Json[] = []
  for (const item of items) {
    const code = codeOf(item)
    if (!isJsonObject(item) || code === null) {
      rests.push(item)
      continue
    }
    const own = observedAt(item, vehicle)
    if (own === null) withoutOwnTime.add(signals.length)
    signals.push(readSignal(item, code, own ?? occurredAt))
    const rest = restOf(item)
    if (rest !== null) rests.push(rest)
  }
  return { signals, withoutOwnTime, rest: rests.length === 0 ? undefined : rests }
}

/** An item with a `path` is of version 2, where `code` is the outcome of the request. */
function codeOf(item: Json): string | null {
  const path = member(item, 'path')
  if (typeof path === 'string') return codeOfPath(path)
  const code = readText(member(item, 'code'))
  return code === '' ? null : code
}

function readSignal(item: JsonObject, code: string, observedAt: number): Signal {
  const body = item['body']
  const failed = hasFailed(item)
  const value = valueOf(body)
  const error = failed ? errorOf(item) : { type: null, code: null }
  return {
    code,
    name: readText(item['name']),
    group: readText(item['group']),
    status: failed ? 'ERROR' : 'SUCCESS',
    error_type: error.type,
    error_code: error.code,
    value_json: failed || value === undefined ? null : canonicalJson(value),
    unit: failed ? null : readText(member(body, 'unit')),
    observed_at: observedAt,
    won: false,
  }
}

function valueOf(body: Json | undefined): Json | undefined {
  if (body === null) return undefined
  const value = member(body, 'value')
  return value === undefined ? body : value
}

function hasFailed(item: JsonObject): boolean {
  const status = item['status']
  const word = readText(member(status, 'value') ?? status)?.toUpperCase()
  if (word === 'SUCCESS') return false
  if (word === 'ERROR' || isPresent(member(status, 'error')) || isPresent(item['error']))
    return true
  const outcome = outcomeOf(item)
  if (outcome !== null) return !/^2\d\d$/.test(outcome)
  return !isPresent(item['body'])
}

function errorOf(item: JsonObject): { type: string | null; code: string | null } {
  const error = placeOfError(item)?.[1]
  const outcome = outcomeOf(item)
  if (typeof error === 'string') return { type: error, code: outcome }
  return {
    type: readText(member(error, 'type')),
    code: codeText(member(error, 'code')) ?? outcome,
  }
}

/** The status code of the request that a version 2 item reports; or a text in its place. */
function outcomeOf(item: JsonObject): string | null {
  return item['path'] === undefined ? null : codeText(item['code'])
}

/** The error stands in the status (4), in the item, or in the body of a failed request (2). */
function placeOfError(item: JsonObject): readonly [name: string, value: Json] | null {
  const inStatus = member(item['status'], 'error') ?? null
  if (inStatus !== null) return ['error', inStatus]
  const beside = item['error'] ?? null
  if (beside !== null) return ['error', beside]
  const body = item['body'] ?? null
  return body === null ? null : ['body', body]
}

/** Codes of errors come as text or as numbers. */
export function codeText(value: Json | undefined): string | null {
  return typeof value === 'number' ? String(value) : readText(value)
}

function isPresent(value: Json | undefined): boolean {
  return value !== undefined && value !== null
}

const heldMembers: ReadonlySet<string> = new Set(
  'code path name group status error body meta timestamp oemUpdatedAt retrievedAt fetchedAt'.split(
    ' ',
  ),
)
const heldInBody: ReadonlySet<string> = new Set(['value', 'unit'])
const heldInError: ReadonlySet<string> = new Set(['type', 'code'])

/** Members no field speaks of, with those beside a value or in an error; null when there are none. */
function restOf(item: JsonObject): JsonObject | null {
  const rest = membersBeside(item, heldMembers)
  if (hasFailed(item)) {
    const place = placeOfError(item)
    const inError = membersBeside(place?.[1], heldInError)
    if (place !== null && inError.length > 0) rest.push([place[0], Object.fromEntries(inError)])
  } else if (member(item['body'], 'value') !== undefined) {
    const inBody = membersBeside(item['body'], heldInBody)
    if (inBody.length > 0) rest.push(['body', Object.fromEntries(inBody)])
  }
  return rest.length === 0 ? null : Object.fromEntries(rest)
}

function membersBeside(value: Json | undefined, held: ReadonlySet<string>): [string, Json][] {
  return isJsonObject(value) ? Object.entries(value).filter(([name]) => !held.has(name)) : []
}
