// The schemas folder as the check reads it: schemas of this release, released versions, declarations.
// Files only; nothing is asked of a registry, so that a check runs anywhere.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allTopics, recordFiles, subjectOf } from '@fleet/contracts'
import { FleetError, messageOf } from '@fleet/runtime'
import { readAvro } from './avro-node.ts'
import type { ReleasedRecord } from './changelog.ts'
import type { Catalog, RecordSchemas } from './check.ts'
import type { ReleasedText } from './deprecation.ts'
import { parseDeclaration } from './declaration.ts'
import type { Declaration } from './declaration.ts'

/** The folder schemas/ of this repository. */
export const schemasDirectory = fileURLToPath(new URL('../../../schemas/', import.meta.url))

export interface DeclarationFile {
  readonly file: string
  readonly declaration: Declaration
}

/** @throws FleetError CONTRACT_INVALID (fatal): the file can't be read; every mistake is named. */
export function readDeclaration(file: string, text = readText(file)): DeclarationFile {
  const reading = parseDeclaration(text)
  if (reading.ok) return { file, declaration: reading.declaration }
  throw invalid(`${file}: ${reading.problems.join('; ')}`)
}

/** All of schemas/consumers. @throws FleetError CONTRACT_INVALID (fatal) */
export function readDeclarations(
  directory = join(schemasDirectory, 'consumers'),
): DeclarationFile[] {
  return namesIn(directory)
    .filter(name => name.endsWith('.json'))
    .map(name => {
      const read = readDeclaration(join(directory, name))
      if (read.declaration.consumer === basename(name, '.json')) return read
      throw invalid(`${read.file} must have the name of its consumer, ${read.declaration.consumer}`)
    })
}

/** Schemas by record. `proposed` replaces the current one of its record, or is a new record. */
export function readSchemas(
  proposedText: string | null = null,
  directory = schemasDirectory,
): Map<string, RecordSchemas> {
  const schemas = new Map<string, RecordSchemas>()
  for (const [record, file] of Object.entries(recordFiles)) {
    const released = releasedVersions(record, directory)
    schemas.set(record, { current: readText(join(directory, file)), released })
  }
  if (proposedText === null) return schemas
  const record = recordNameOf(proposedText)
  const known = schemas.get(record)
  schemas.set(record, {
    current: known?.current ?? proposedText,
    proposed: proposedText,
    released: known?.released ?? [],
  })
  return schemas
}

/** Released versions of each record that ever was, the records of today and those that went. */
export function releasedHistory(
  directory = schemasDirectory,
): Map<string, readonly ReleasedText[]> {
  const folders = namesIn(join(directory, 'released')).filter(name => !name.includes('.'))
  return new Map(
    folders
      .map(record => [record, releasedVersions(record, directory)] as const)
      .filter(([, versions]) => versions.length > 0),
  )
}

/** Day (UTC) by file below released/, written by the release itself. */
export function releaseDays(directory = schemasDirectory): Record<string, string> {
  return JSON.parse(readText(join(directory, 'released', 'dates.json'))) as Record<string, string>
}

/** For the changelog: every record that has released versions. */
export function releasedRecords(directory = schemasDirectory): ReleasedRecord[] {
  return [...releasedHistory(directory)].map(([record, versions]) => ({
    record,
    subjects: allTopics.filter(topic => topic.schema === record).map(subjectOf),
    versions,
  }))
}

/** The catalog of this repository's topics. `vocabulary` says which event types there are. */
export function catalogOf(
  records: ReadonlyMap<string, RecordSchemas>,
  vocabulary: Catalog['vocabulary'],
  today: string,
): Catalog {
  const topics = new Map(allTopics.map(topic => [topic.name, topic.schema] as const))
  return { topics, records, vocabulary, today }
}

/** @throws FleetError CONTRACT_INVALID (fatal): the text is no Avro record. */
export function recordNameOf(schemaText: string): string {
  const { name = '' } = readAvro(schemaText).root
  return name.slice(name.lastIndexOf('.') + 1)
}

function releasedVersions(record: string, directory: string): RecordSchemas['released'] {
  const folder = join(directory, 'released', record)
  const days = releaseDays(directory)
  return namesIn(folder)
    .map(name => ({ version: Number(basename(name, '.avsc')), name }))
    .toSorted((left, right) => left.version - right.version)
    .map(({ version, name }) => {
      const releasedOn = days[`${record}/${name}`]
      if (releasedOn === undefined) {
        throw invalid(
          `${join(folder, name)} has no day in released/dates.json: a release writes it`,
        )
      }
      return { version, text: readText(join(folder, name)), releasedOn }
    })
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).toSorted() : []
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(`${file} can not be read (${messageOf(error)})`)
  }
}

function invalid(message: string): FleetError {
  return new FleetError('CONTRACT_INVALID', 'fatal', message)
}
