// One declared field against a schema: is it there, is it of the type, can it bring what the consumer
// does not know, how long will it stay.

import type { Declaration, Expectation, TopicRead } from './declaration.ts'
import { adviceOf, deprecationOf } from './deprecation.ts'
import { withAncestors } from './fields.ts'
import type { Fields, SchemaField } from './fields.ts'
import type { Finding, FindingCode } from './finding.ts'

export type Found = Pick<Finding, 'severity' | 'code' | 'field' | 'against' | 'message'>

/** What a declaration is held against. */
export interface Target {
  readonly against: 'current' | 'proposed'
  readonly fields: Fields
  /** Newest released version; null when there is none. */
  readonly before: Fields | null
  readonly vocabulary: (path: string) => readonly string[] | null
  readonly today: string
}

export function checkField(path: string, expected: Expectation, target: Target): Found[] {
  const field = target.fields.get(path)
  if (field === undefined || path === '') {
    const was = target.before?.has(path) === true ? 'it was released and is gone' : 'there is none'
    const severity = expected.required ? 'error' : 'warning'
    return [found(severity, 'FIELD_MISSING', path, target.against, `${was}.`)]
  }
  return [
    ...checkType(field, expected, target.against),
    ...checkValues(field, expected, target),
    ...checkDefault(field, expected, target),
    ...checkDeprecation(field, target),
  ]
}

function found(
  severity: Finding['severity'],
  code: FindingCode,
  field: string,
  against: string,
  message: string,
): Found {
  return { severity, code, field, against, message }
}

/** A reader of `long` takes `int`, and one that expects null takes a value that is always there. */
function checkType(field: SchemaField, { type }: Expectation, against: string): Found[] {
  const [expected, expectsNull] = withoutMark(type)
  const [actual, mayBeNull] = withoutMark(field.type)
  const isRead = expected === actual || (widened.get(actual)?.includes(expected) ?? false)
  if (!isRead) {
    const message = `it is ${field.type}, the consumer reads ${type}.`
    return [found('error', 'TYPE_CHANGED', field.path, against, message)]
  }
  if (!mayBeNull || expectsNull) return []
  const message = `it may be null (${field.type}), the consumer expects ${type}.`
  return [found('error', 'MAY_BE_NULL', field.path, against, message)]
}

/** Promotions of the Avro specification that keep every value exactly. */
const widened: ReadonlyMap<string, readonly string[]> = new Map([['int', ['long', 'double']]])

function withoutMark(type: string): [string, boolean] {
  return type.endsWith('?') ? [type.slice(0, -1), true] : [type, false]
}

function checkValues(field: SchemaField, expected: Expectation, target: Target): Found[] {
  const { values, others } = expected
  const coming = field.symbols ?? target.vocabulary(field.path)
  if (values === null || coming === null) return []
  const { path } = field
  const quoted = (list: readonly string[]): string => list.map(each => `"${each}"`).join(', ')
  const unknown = coming.filter(value => !values.includes(value))
  const gone = values.filter(value => !coming.includes(value))
  const results: Found[] = []
  if (unknown.length > 0 && others === 'fail') {
    const message = `${quoted(unknown)} may come, which the consumer does not know.`
    results.push(found('error', 'VALUE_ADDED', path, target.against, message))
  }
  if (gone.length > 0) {
    const message = `${quoted(gone)} never comes.`
    results.push(found('error', 'VALUE_GONE', path, target.against, message))
  }
  return results
}

function checkDefault(field: SchemaField, expected: Expectation, target: Target): Found[] {
  const before = target.before?.get(field.path)
  const wanted = [
    ...('default' in expected ? [{ by: 'the consumer relies on', value: expected.default }] : []),
    ...(before === undefined ? [] : [{ by: 'the released one is', value: before.default }]),
  ]
  const other = wanted.find(({ value }) => text(value) !== text(field.default))
  if (other === undefined) return []
  const message = `its default is ${text(field.default)}, ${other.by} ${text(other.value)}.`
  return [found('error', 'DEFAULT_CHANGED', field.path, target.against, message)]
}

function text(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}

function checkDeprecation(field: SchemaField, target: Target): Found[] {
  for (const holder of withAncestors(target.fields, field.path)) {
    const deprecation = deprecationOf(holder)
    if (deprecation === null) continue
    const { since, removeAfter } = deprecation
    const what = holder.path === field.path ? 'it' : holder.path || 'the record'
    const isOver = target.today > removeAfter
    const message =
      `${what} is deprecated since ${since} and is filled until ${removeAfter}` +
      `${isOver ? ', which is over' : ''}: ${adviceOf(deprecation)}.`
    return isOver
      ? [found('error', 'DEPRECATION_EXPIRED', field.path, target.against, message)]
      : [found('warning', 'DEPRECATED', field.path, target.against, message)]
  }
  return []
}

/**
 * Records of released versions may still stand in the topic. With a schema of its own a consumer reads
 * the default of what they lack; without one it meets them as they are.
 */
export function checkReleased(
  read: TopicRead,
  schema: Declaration['schema'],
  released: readonly { version: number; fields: Fields }[],
  target: Target,
): Found[] {
  const results: Found[] = []
  for (const [path, expected] of Object.entries(read.fields)) {
    const now = target.fields.get(path)
    if (now === undefined) continue
    const without = released.filter(({ fields }) => !fields.has(path)).map(each => each.version)
    if (without.length > 0 && schema === 'writer' && expected.required) {
      const message = 'records of these versions do not have it, and the consumer has no default.'
      results.push(found('error', 'FIELD_MISSING', path, versionsText(without), message))
    }
    // What differs from the declaration now is told by checkField already.
    if (checkType(now, expected, '').length > 0) continue
    for (const { version, fields } of released) {
      const then = fields.get(path)
      if (then === undefined) continue
      results.push(...checkType(then, expected, versionsText([version])))
    }
  }
  return results
}

function versionsText(versions: readonly number[]): string {
  return `released ${versions.join(', ')}`
}
