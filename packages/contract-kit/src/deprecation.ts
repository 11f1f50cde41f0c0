// Deprecations: attributes on a field or record of a schema, which Avro readers ignore. They promise
// until when a field is filled, so a promise without both dates and a way out is none.

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

/** Sentences: what is wrong with the deprecations of a schema, also against what was released. */
export function deprecationProblems(
  schemaText: string,
  releasedTexts: readonly string[] = [],
): string[] {
  const fields = fieldsOf(schemaText)
  const released = releasedTexts.map(fieldsOf)
  const problems: string[] = []
  for (const field of fields.values()) {
    problems.push(
      ...problemsOf(field, fields).map(problem => `${nameOf(field, fields)} ${problem}`),
    )
    const promised = released
      .map(version => version.get(field.path))
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
  if (isDay(since) && isDay(removeAfter)) {
    const days = (Date.parse(removeAfter) - Date.parse(since)) / dayMs
    if (days < windowDaysMin) {
      problems.push(`is given up within ${days} days; consumers have at least ${windowDaysMin}`)
    }
  }
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
