// Deprecations: attributes on a field or record of a schema, which Avro readers ignore. They promise
// until when a field is filled, so a promise without both dates and a way out is none. Nobody could read
// it before it was released: the time that consumers have begins with the first release that carries it.

import { fieldsOf } from './fields.ts'
import type { Fields, SchemaField } from './fields.ts'

export interface Deprecation {
  /** Days, YYYY-MM-DD, UTC. */
  readonly since: string
  /** The last day on which it must still be there and filled. */
  readonly removeAfter: string
  /** Field to read instead, in the same record. */
  readonly replacedBy: string | null
  readonly reason: string | null
}

export interface ReleasedText {
  readonly version: number
  readonly text: string
  /** Day, UTC. */
  readonly releasedOn: string
}

/** Consumers plan by quarters: less than this is no window. */
const windowDaysMin = 90

const dayMs = 86_400_000

/** Null where nothing is deprecated or what is said does not hold (`deprecationProblems`). */
export function deprecationOf({ attributes }: SchemaField): Deprecation | null {
  const { deprecatedSince: since, removeAfter, replacedBy, deprecationReason } = attributes
  if (!isDay(since) || !isDay(removeAfter)) return null
  return {
    since,
    removeAfter,
    replacedBy: typeof replacedBy === 'string' ? replacedBy : null,
    reason: typeof deprecationReason === 'string' ? deprecationReason : null,
  }
}

/**
 * Sentences: what is wrong with the deprecations of a schema, also against what was released. `today`
 * (YYYY-MM-DD, UTC) is the earliest day on which what no release carries yet can be released.
 */
export function deprecationProblems(
  schemaText: string,
  today: string,
  released: readonly ReleasedText[] = [],
): string[] {
  const fields = fieldsOf(schemaText)
  const history = historyOf(released)
  const problems: string[] = []
  for (const field of fields.values()) {
    const found = [
      ...problemsOf(field, fields),
      ...dateProblems(field, firstMarkedOn(field.path, history), today),
    ]
    problems.push(...found.map(problem => `${nameOf(field, fields)} ${problem}`))
    const promised = history
      .map(version => version.fields.get(field.path))
      .flatMap(earlier =>
        earlier === undefined ? [] : (deprecationOf(earlier)?.removeAfter ?? []),
      )
      .toSorted()
      .at(-1)
    const removeAfter = deprecationOf(field)?.removeAfter
    if (promised !== undefined && removeAfter !== undefined && removeAfter < promised) {
      problems.push(
        `${nameOf(field, fields)} was promised until ${promised} and can't end on ${removeAfter}`,
      )
    }
  }
  return problems
}

const ours = ['deprecatedSince', 'removeAfter', 'replacedBy', 'deprecationReason']

function problemsOf({ path, attributes }: SchemaField, fields: Fields): string[] {
  if (!ours.some(name => attributes[name] !== undefined)) return []
  const { deprecatedSince: since, removeAfter, replacedBy, deprecationReason: reason } = attributes
  const problems: string[] = []
  if (!isDay(since)) problems.push('needs deprecatedSince, a day such as 2026-11-30')
  if (!isDay(removeAfter)) problems.push('needs removeAfter, a day such as 2027-05-31')
  const hasReason = typeof reason === 'string' && reason.trim() !== ''
  if (replacedBy === undefined && !hasReason) {
    problems.push('needs replacedBy or deprecationReason: what are consumers to do?')
  }
  // Of a whole record, replacedBy names a topic or record, which is not in this file.
  if (replacedBy !== undefined && path !== '' && !isField(replacedBy, path, fields)) {
    problems.push(`is replaced by ${JSON.stringify(replacedBy)}, which is no field of the record`)
  }
  return problems
}

/** `firstMarked`: day of the first release that carries the mark; null while none does. */
function dateProblems(field: SchemaField, firstMarked: string | null, today: string): string[] {
  const deprecation = deprecationOf(field)
  if (deprecation === null) return []
  const { since, removeAfter } = deprecation
  const told = firstMarked ?? today
  const problems: string[] = []
  if (since < told) {
    const why =
      firstMarked === null
        ? `no release says so yet: it can be ${today}, today, at the earliest`
        : `the first release that says so is of ${firstMarked}: it can't be earlier`
    problems.push(`has deprecatedSince ${since}, but ${why}`)
  }
  const begin = since < told ? told : since
  const end = windowEnd(begin)
  if (removeAfter < end) {
    problems.push(
      `can't end on ${removeAfter}: consumers have at least ${windowDaysMin} days from ${begin}, until ${end}`,
    )
  }
  return problems
}

interface ReleasedFields {
  readonly fields: Fields
  readonly releasedOn: string
}

/** Oldest first, as it is given. */
export function historyOf(released: readonly ReleasedText[]): ReleasedFields[] {
  return released.map(({ text, releasedOn }) => ({ fields: fieldsOf(text), releasedOn }))
}

/** A mark that was taken away and put back counts from when it came back. */
function firstMarkedOn(path: string, history: readonly ReleasedFields[]): string | null {
  let first: string | null = null
  for (const { fields, releasedOn } of history.toReversed()) {
    const field = fields.get(path)
    if (field === undefined || deprecationOf(field) === null) break
    first = releasedOn
  }
  return first
}

/**
 * The last day on which what the newest release deprecates must still be there: its `removeAfter`, and
 * never less than the window from the first release with the mark. Null: it is not deprecated.
 */
export function lastDayOf(path: string, history: readonly ReleasedFields[]): string | null {
  const field = history.at(-1)?.fields.get(path)
  const deprecation = field === undefined ? null : deprecationOf(field)
  const first = firstMarkedOn(path, history)
  if (deprecation === null || first === null) return null
  const end = windowEnd(first)
  return deprecation.removeAfter > end ? deprecation.removeAfter : end
}

function windowEnd(day: string): string {
  return new Date(Date.parse(day) + windowDaysMin * dayMs).toISOString().slice(0, 10)
}

function isField(name: unknown, path: string, fields: Fields): boolean {
  return typeof name === 'string' && name !== path && fields.has(name)
}

function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const time = Date.parse(value)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

export function nameOf(field: SchemaField, fields: Fields): string {
  const record = fields.get('')?.ownType ?? ''
  return field.path === '' ? record : `${record}.${field.path}`
}

/** What a consumer is to do: `use x` or the reason. */
export function adviceOf({ replacedBy, reason }: Deprecation): string {
  const parts = [replacedBy === null ? null : `use ${replacedBy}`, reason]
  return parts.filter(part => part !== null).join('; ')
}
