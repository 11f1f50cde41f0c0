// The schemas of this release, from schemas/*.avsc. Read once and never changed.

import { readFileSync } from 'node:fs'
import { recordFiles } from '@fleet/contracts'
import type { RecordName, Topic } from '@fleet/contracts'
import { parseSchema } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import { codecError } from './errors.ts'

const directory = new URL('../../../schemas/', import.meta.url)

export interface OwnSchema {
  readonly record: RecordName
  /** What is registered: the file without its white space. */
  readonly text: string
  readonly type: AvroType
}

const loaded = new Map<RecordName, OwnSchema>()

export function ownSchema(record: RecordName): OwnSchema {
  let schema = loaded.get(record)
  if (schema === undefined) {
    const file = readFileSync(new URL(recordFiles[record], directory), 'utf8')
    const text = JSON.stringify(JSON.parse(file))
    schema = { record, text, type: parseSchema(text) }
    loaded.set(record, schema)
  }
  return schema
}

/** The schema of a topic's values; changelogs have none and never come here. */
export function schemaOfTopic(topic: Topic): OwnSchema {
  if (topic.schema === null) {
    throw codecError('INTERNAL', `Values of ${topic.name} are private and have no schema`)
  }
  return ownSchema(topic.schema)
}
