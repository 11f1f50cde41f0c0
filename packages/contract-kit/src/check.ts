// Compares what a consumer declares with the schemas it will meet: the proposed or current one, and
// every released version whose records may still stand in the topic. It only looks; what to do about
// a finding is agreed between people.

import { checkField, checkReleased } from './check-field.ts'
import type { Found, Target } from './check-field.ts'
import type { Declaration, TopicRead } from './declaration.ts'
import type { ReleasedText } from './deprecation.ts'
import { fieldsOf } from './fields.ts'
import type { Fields } from './fields.ts'
import type { Finding } from './finding.ts'
import { sampleProblems } from './sample.ts'

export interface RecordSchemas {
  /** Of the repository. */
  readonly current: string
  /** Instead of the current one, when a change is being thought about. */
  readonly proposed?: string
  /** Oldest first. */
  readonly released: readonly ReleasedText[]
}

export interface Catalog {
  /** Record of each topic; null where values are private. */
  readonly topics: ReadonlyMap<string, string | null>
  readonly records: ReadonlyMap<string, RecordSchemas>
  /** Every value of a text field that is known to come; null where nobody can say. */
  readonly vocabulary: (topic: string, path: string) => readonly string[] | null
  /** YYYY-MM-DD, UTC. */
  readonly today: string
}

export function checkDeclarations(
  declarations: readonly Declaration[],
  catalog: Catalog,
): Finding[] {
  return declarations.flatMap(declaration =>
    declaration.reads.flatMap(read => checkRead(declaration, read, catalog)),
  )
}

function checkRead(declaration: Declaration, read: TopicRead, catalog: Catalog): Finding[] {
  const { consumer, owner, contact } = declaration
  const { topic } = read
  const record = catalog.topics.get(topic) ?? null
  const named = { consumer, owner, contact, topic, record }
  const schemas = record === null ? undefined : catalog.records.get(record)
  if (schemas === undefined) {
    const message = catalog.topics.has(topic)
      ? 'its values are private to the writer and may change at any time.'
      : 'there is no such topic.'
    return [
      {
        severity: 'error',
        code: 'TOPIC_UNKNOWN',
        ...named,
        field: '',
        against: 'current',
        message,
      },
    ]
  }
  const target = targetOf(schemas, topic, catalog)
  const found = [
    ...Object.entries(read.fields).flatMap(([path, expected]) =>
      checkField(path, expected, target),
    ),
    ...read.samples.flatMap((sample, index) => checkSample(sample, index, schemas, target)),
    ...checkReleased(read, declaration.schema, releasedFields(schemas), target),
  ]
  return found.map(each => ({ ...named, ...each }))
}

function targetOf(schemas: RecordSchemas, topic: string, catalog: Catalog): Target {
  const newest = schemas.released.at(-1)
  return {
    against: schemas.proposed === undefined ? 'current' : 'proposed',
    fields: fieldsOf(candidateOf(schemas)),
    before: newest === undefined ? null : fieldsOf(newest.text),
    vocabulary: path => catalog.vocabulary(topic, path),
    today: catalog.today,
  }
}

function candidateOf({ proposed, current }: RecordSchemas): string {
  return proposed ?? current
}

function releasedFields({ released }: RecordSchemas): { version: number; fields: Fields }[] {
  return released.map(({ version, text }) => ({ version, fields: fieldsOf(text) }))
}

function checkSample(
  sample: Readonly<Record<string, unknown>>,
  index: number,
  schemas: RecordSchemas,
  { against }: Target,
): Found[] {
  return sampleProblems(candidateOf(schemas), sample).map(({ path, problem }) => ({
    severity: 'error',
    code: 'SAMPLE_INVALID',
    field: path,
    against,
    message: `sample ${index + 1}: ${problem}.`,
  }))
}
