// schemas/CHANGELOG.md: a section for each record, an entry for each released version, newest first.
// What stands there is kept as people wrote it; entries that are missing are added from the schemas.

import { changesBetween } from './changes.ts'
import type { SchemaChange } from './changes.ts'

export interface ReleasedRecord {
  readonly record: string
  /** Registry subjects whose values it is. */
  readonly subjects: readonly string[]
  /** Oldest first. */
  readonly versions: readonly { readonly version: number; readonly text: string }[]
}

interface Section {
  readonly record: string
  readonly subjects: string
  readonly entries: Map<number, string>
}

/** The whole text with an entry for every released version. */
export function completeChangelog(text: string, released: readonly ReleasedRecord[]): string {
  const { preamble, sections } = read(text)
  const parts = released
    .toSorted((left, right) => (left.record < right.record ? -1 : 1))
    .map(each => {
      const known = sections.get(each.record)?.entries
      const versions = each.versions.map(({ version }) => version).toReversed()
      const entries = versions.map(version => {
        const body = known?.get(version) ?? bodyOf(changesOf(each, version))
        return `### Version ${version}\n\n${body}\n`
      })
      return `## ${each.record}\n\n${subjectsText(each)}\n\n${entries.join('\n')}`
    })
  return [`${preamble}\n`, ...parts].join('\n')
}

/** Sentences: what the text lacks or has too much of. */
export function changelogProblems(text: string, released: readonly ReleasedRecord[]): string[] {
  const { sections } = read(text)
  const problems: string[] = []
  for (const each of released) {
    const section = sections.get(each.record)
    if (section === undefined) {
      problems.push(`${each.record} has no section`)
      continue
    }
    if (section.subjects !== subjectsText(each)) {
      problems.push(`${each.record} must say: ${subjectsText(each)}`)
    }
    problems.push(...entryProblems(each, section))
  }
  const records = new Set(released.map(({ record }) => record))
  for (const record of sections.keys()) {
    if (!records.has(record)) problems.push(`${record} was never released`)
  }
  return problems
}

function entryProblems(released: ReleasedRecord, { entries }: Section): string[] {
  const problems: string[] = []
  for (const { version } of released.versions) {
    const body = entries.get(version)
    if (body === undefined) {
      problems.push(`${released.record} has no entry for version ${version}`)
      continue
    }
    if (body.trim() === '') problems.push(`${released.record} version ${version} says nothing`)
    const paths = new Set(changesOf(released, version).map(({ path }) => path))
    for (const path of paths) {
      if (path !== '' && !body.includes(`\`${path}\``)) {
        problems.push(`${released.record} version ${version} does not name \`${path}\``)
      }
    }
  }
  for (const version of entries.keys()) {
    if (!released.versions.some(each => each.version === version)) {
      problems.push(`${released.record} version ${version} was never released`)
    }
  }
  return problems
}

function changesOf({ versions }: ReleasedRecord, version: number): SchemaChange[] {
  const text = versions.find(each => each.version === version)?.text ?? '{}'
  const before = versions.find(each => each.version === version - 1)
  return changesBetween(before?.text ?? null, text)
}

function bodyOf(changes: readonly SchemaChange[]): string {
  return changes.map(({ text }) => `- ${text.trim()}`).join('\n')
}

function subjectsText({ subjects }: ReleasedRecord): string {
  const names = subjects.map(subject => `\`${subject}\``).join(', ')
  return subjects.length === 1 ? `Subject ${names}` : `Subjects ${names}`
}

function read(text: string): { preamble: string; sections: Map<string, Section> } {
  const [preamble = '', ...parts] = text.split(/^## /m)
  const sections = new Map<string, Section>()
  for (const part of parts) {
    const [head = '', ...versions] = part.split(/^### /m)
    const [record = '', ...rest] = head.split('\n')
    const entries = new Map<number, string>()
    for (const entry of versions) {
      const [title = '', ...body] = entry.split('\n')
      entries.set(Number(/^Version (\d+)/.exec(title)?.[1] ?? NaN), body.join('\n').trim())
    }
    const name = record.trim()
    sections.set(name, { record: name, subjects: rest.join('\n').trim(), entries })
  }
  return { preamble: preamble.trim(), sections }
}
