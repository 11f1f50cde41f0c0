// Reads single settings out of parsed JSON and collects what is wrong with them: where, what it must be,
// and what it was. A value that may be a secret is never quoted.

import { isJsonObject } from './strict-json.ts'
import type { Json, JsonObject } from './strict-json.ts'
import { parseTime } from './times.ts'

/** One object of the file, by its place in it, and the list all problems go to. */
export interface Fields {
  readonly where: string
  readonly values: JsonObject
  readonly problems: string[]
}

const quotedCharactersMax = 60

export function placeOf(fields: Fields, name: string): string {
  return fields.where === '' ? name : `${fields.where}.${name}`
}

export function report(fields: Fields, name: string, text: string): void {
  fields.problems.push(`${placeOf(fields, name)}: ${text}`)
}

/** The text of a value for a message, cut short. */
export function quoted(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= quotedCharactersMax ? text : `${text.slice(0, quotedCharactersMax)}…`
}

/** The value of a setting; null and absent are the same. */
export function setting(fields: Fields, name: string): Json {
  return Object.hasOwn(fields.values, name) ? (fields.values[name] ?? null) : null
}

/** An object as fields; an empty one, with a problem, for anything else. Unknown names are problems. */
export function readObject(
  value: Json | undefined,
  where: string,
  names: readonly string[],
  problems: string[],
): Fields {
  if (!isJsonObject(value)) {
    const place = where === '' ? 'the file' : where
    problems.push(`${place}: must be an object, got ${quoted(value)}`)
    return { where, values: {}, problems }
  }
  const fields = { where, values: value, problems }
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    report(fields, name, `unknown setting; the settings here are ${names.join(', ')}`)
  }
  return fields
}

/** A text that matches; `rule` completes "must be …". Without a default the setting is required. */
export function readText(
  fields: Fields,
  name: string,
  pattern: RegExp,
  rule: string,
  absent: string | null = null,
): string {
  const value = setting(fields, name)
  if (value === null && absent !== null) return absent
  if (typeof value === 'string' && pattern.test(value)) return value
  report(fields, name, `must be ${rule}, got ${quoted(value ?? undefined)}`)
  return ''
}

export function readChoice<Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly [Choice, ...Choice[]],
  absent: Choice | null = null,
): Choice {
  const value = setting(fields, name)
  if (value === null && absent !== null) return absent
  const choice = choices.find(candidate => candidate === value)
  if (choice !== undefined) return choice
  const list = choices.map(candidate => `"${candidate}"`)
  const rule = `${list.slice(0, -1).join(', ')} or ${list.at(-1) ?? ''}`
  report(fields, name, `must be ${rule}, got ${quoted(value ?? undefined)}`)
  return choices[0]
}

/** A whole number from 1 to `max`, or null. */
export function readCount(fields: Fields, name: string, max: number): number | null {
  const value = setting(fields, name)
  if (value === null) return null
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) {
    return value
  }
  report(fields, name, `must be a whole number from 1 to ${max} or null, got ${quoted(value)}`)
  return null
}

const zonedTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i

/** An RFC 3339 time or an epoch number, as in bodies, in milliseconds; or null. */
export function readTimeMs(fields: Fields, name: string): number | null {
  const value = setting(fields, name)
  if (value === null) return null
  const ms = timeMs(value)
  if (!Number.isNaN(ms)) return ms
  const rule = 'an RFC 3339 time with a zone, as "2026-11-21T08:00:00Z", or null'
  report(fields, name, `must be ${rule}, got ${quoted(value)}`)
  return null
}

/** Also the years that no event may have, as "since ever" and "for ever" are written. */
function timeMs(value: Json): number {
  if (typeof value === 'string' && zonedTime.test(value)) return Date.parse(value)
  const micros = parseTime(value)
  return micros === null ? Number.NaN : micros / 1000
}
