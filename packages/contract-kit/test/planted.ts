// Real schemas of this repository with one change planted, and a consumer that reads one of them.

import assert from 'node:assert/strict'
import {
  catalogOf,
  checkDeclarations,
  eventTypeVocabulary,
  parseDeclaration,
  readSchemas,
} from '@fleet/contract-kit'
import type { Declaration, Finding } from '@fleet/contract-kit'
import { topics } from '@fleet/contracts'
import { knownEventTypes } from '@fleet/sources'

export interface PlantedField {
  name: string
  type: unknown
  default?: unknown
  [attribute: string]: unknown
}

export interface PlantedSchema {
  name: string
  fields: PlantedField[]
  [attribute: string]: unknown
}

export function currentText(record: string): string {
  const text = readSchemas().get(record)?.current
  assert.ok(text !== undefined)
  return text
}

/** The text of a record after a change of its parsed form. */
export function planted(record: string, change: (schema: PlantedSchema) => void): string {
  const schema = JSON.parse(currentText(record)) as PlantedSchema
  change(schema)
  return JSON.stringify(schema)
}

export function fieldOf(schema: PlantedSchema, name: string): PlantedField {
  const field = schema.fields.find(each => each.name === name)
  assert.ok(field !== undefined)
  return field
}

export function withoutField(name: string) {
  return (schema: PlantedSchema): void => {
    schema.fields = schema.fields.filter(field => field.name !== name)
  }
}

const reservationTopic = topics.events.reservation.name

export function declared(fields: object, rest: object = {}, topic = reservationTopic): Declaration {
  const reading = parseDeclaration(
    JSON.stringify({
      consumer: 'board',
      owner: 'Team Board',
      contact: '#board',
      reads: [{ topic, fields, ...('samples' in rest ? { samples: rest.samples } : {}) }],
      ...('schema' in rest ? { schema: rest.schema } : {}),
    }),
  )
  assert.ok(reading.ok, reading.ok ? '' : reading.problems.join('; '))
  return reading.declaration
}

export function findingsOf(
  declaration: Declaration,
  proposed: string | null = null,
  today = '2026-11-21',
): Finding[] {
  const catalog = catalogOf(readSchemas(proposed), eventTypeVocabulary(knownEventTypes), today)
  return checkDeclarations([declaration], catalog)
}

export function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code, field }) => `${severity} ${code} ${field}`.trim())
}
