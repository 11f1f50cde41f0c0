// What one version of a schema changes against the one before, as sentences for people. It describes;
// whether a change is allowed is decided by compatibility, deprecation and the declarations.

import { adviceOf, deprecationOf } from './deprecation.ts'
import { fieldsOf, isPartOf } from './fields.ts'
import type { SchemaField } from './fields.ts'

export interface SchemaChange {
  /** Empty for the record itself. */
  readonly path: string
  readonly text: string
}

export function changesBetween(previousText: string | null, nextText: string): SchemaChange[] {
  const next = fieldsOf(nextText)
  if (previousText === null) {
    return [{ path: '', text: `First version. ${next.get('')?.doc ?? ''}`.trim() }]
  }
  const previous = fieldsOf(previousText)
  const changes: SchemaChange[] = []
  const added: string[] = []
  for (const field of next.values()) {
    // A new record is one change, not one for each of its fields.
    if (added.some(path => isPartOf(field.path, path))) continue
    const before = previous.get(field.path)
    if (before === undefined) {
      added.push(field.path)
      changes.push({ path: field.path, text: addedText(field) })
    } else {
      changes.push(...changesOf(before, field))
    }
  }
  const removed = [...previous.keys()].filter(path => !next.has(path))
  for (const path of removed.filter(each => !removed.some(other => isPartOf(each, other)))) {
    changes.push({ path, text: `Removed \`${path}\`.` })
  }
  return changes.length > 0 ? changes : [{ path: '', text: 'Written differently, means the same.' }]
}

function addedText(field: SchemaField): string {
  const value = field.default === undefined ? 'no default' : `default \`${json(field.default)}\``
  const doc = field.doc === '' ? '' : ` ${field.doc}`
  return `Added ${nameOf(field)} (\`${field.ownType}\`, ${value}).${doc}${deprecationText(field)}`
}

function changesOf(before: SchemaField, after: SchemaField): SchemaChange[] {
  const { path } = after
  const name = nameOf(after)
  const texts: string[] = []
  if (before.ownType !== after.ownType) {
    texts.push(`Changed the type of ${name} from \`${before.ownType}\` to \`${after.ownType}\`.`)
  }
  if (json(before.default) !== json(after.default)) {
    const [from, to] = [json(before.default), json(after.default)]
    texts.push(`Changed the default of ${name} from \`${from}\` to \`${to}\`.`)
  }
  const [old, now] = [before.symbols ?? [], after.symbols ?? []]
  for (const symbol of now.filter(each => !old.includes(each))) {
    texts.push(`Added the symbol \`${symbol}\` to ${name}.`)
  }
  for (const symbol of old.filter(each => !now.includes(each))) {
    texts.push(`Removed the symbol \`${symbol}\` of ${name}.`)
  }
  if (before.doc !== after.doc) texts.push(`Described ${name} anew: ${after.doc || 'no words'}`)
  const [was, is] = [deprecationText(before), deprecationText(after)]
  if (was !== is) texts.push(is === '' ? `${name} is no longer deprecated.` : `${name}:${is}`)
  return texts.map(text => ({ path, text }))
}

function deprecationText(field: SchemaField): string {
  const deprecation = deprecationOf(field)
  if (deprecation === null) return ''
  const { since, removeAfter } = deprecation
  return ` Deprecated since ${since}, filled until ${removeAfter}: ${adviceOf(deprecation)}.`
}

function nameOf({ path }: SchemaField): string {
  return path === '' ? 'the record' : `\`${path}\``
}

function json(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
