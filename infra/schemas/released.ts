// The versions that were registered, schemas/released/<Record>/<n>.avsc, with their checksums. Values
// written with any of them may still stand in a topic, so the files are added to and never edited.

import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recordFiles } from '@fleet/contracts'
import type { RecordName } from '@fleet/contracts'

export const schemasDirectory = fileURLToPath(new URL('../../schemas/', import.meta.url))
export const releasedDirectory = `${schemasDirectory}released/`
export const checksumsFile = `${releasedDirectory}checksums.json`
/** When each version was released: what was promised with it counts from then. */
export const datesFile = `${releasedDirectory}dates.json`

export interface ReleasedSchema {
  record: RecordName
  version: number
  /** Below schemas/released/. */
  file: string
  text: string
}

/** Oldest first. */
export function releasedVersions(record: RecordName): ReleasedSchema[] {
  return namesIn(`${releasedDirectory}${record}`)
    .map(name => ({ record, version: Number(/^([1-9]\d*)\.avsc$/.exec(name)?.[1]), name }))
    .map(({ record: of, version, name }) => {
      const file = `${of}/${name}`
      if (!Number.isInteger(version)) throw new Error(`schemas/released/${file} is no version`)
      return { record: of, version, file, text: readFileSync(`${releasedDirectory}${file}`, 'utf8') }
    })
    .toSorted((left, right) => left.version - right.version)
}

/** Also of records that went with their topic: their values may be kept somewhere. */
export function allReleased(): ReleasedSchema[] {
  const folders = namesIn(releasedDirectory).filter(name => !name.includes('.'))
  return (folders.toSorted() as RecordName[]).flatMap(releasedVersions)
}

export function currentSchema(record: RecordName): string {
  return readFileSync(`${schemasDirectory}${recordFiles[record]}`, 'utf8')
}

/** Equal for the registry: the same JSON, whatever its white space. */
export function sameSchema(left: string, right: string): boolean {
  return JSON.stringify(JSON.parse(left)) === JSON.stringify(JSON.parse(right))
}

export function checksums(): Record<string, string> {
  return Object.fromEntries(
    allReleased().map(({ file, text }) => [file, createHash('sha256').update(text).digest('hex')]),
  )
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
