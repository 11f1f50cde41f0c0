// What may go, and when. Inside a topic nothing ever goes (FULL_TRANSITIVE): a field is left out of the
// record of the next major topic, `….v2`, and a record goes with its topic. Both only after a
// deprecation that was released, and the record only when its last promised day is over, which is never
// before the whole window since that release.

import { deprecationOf, historyOf, lastDayOf, nameOf } from './deprecation.ts'
import type { ReleasedText } from './deprecation.ts'
import { fieldsOf, isPartOf } from './fields.ts'
import type { Fields } from './fields.ts'

export interface RemovalInput {
  /** Released versions, oldest first, of each record that ever was. */
  readonly released: ReadonlyMap<string, readonly ReleasedText[]>
  /** Schemas of the repository. */
  readonly current: ReadonlyMap<string, string>
  /** YYYY-MM-DD, UTC. */
  readonly today: string
}

/** Sentences: what is gone and may not be. */
export function removalProblems({ released, current, today }: RemovalInput): string[] {
  const problems: string[] = []
  for (const [record, versions] of released) {
    const after = current.get(record)
    if (after === undefined) problems.push(...retirementProblems(versions, today))
    else problems.push(...goneWithin(versions, fieldsOf(after)))
  }
  for (const [record, text] of current) {
    const fields = fieldsOf(text)
    const predecessor = fields.get('')?.attributes['succeeds']
    if (predecessor === undefined) continue
    const before = typeof predecessor === 'string' ? released.get(predecessor)?.at(-1) : undefined
    if (before === undefined) {
      problems.push(`${record} succeeds ${JSON.stringify(predecessor)}, which was never released`)
    } else {
      problems.push(...leftOut(fieldsOf(before.text), fields, record))
    }
  }
  return problems
}

function retirementProblems(versions: readonly ReleasedText[], today: string): string[] {
  const history = historyOf(versions)
  const before = history.at(-1)?.fields
  const root = before?.get('')
  if (before === undefined || root === undefined) return []
  const promised = [...before.keys()]
    .flatMap(path => lastDayOf(path, history) ?? [])
    .toSorted()
    .at(-1)
  if (deprecationOf(root) === null || promised === undefined) {
    return [`${root.ownType} is gone and its last released version did not deprecate it`]
  }
  if (today > promised) return []
  return [`${root.ownType} is gone and was promised until ${promised}`]
}

function goneWithin(versions: readonly ReleasedText[], after: Fields): string[] {
  const history = historyOf(versions)
  const before: Fields = history.at(-1)?.fields ?? new Map()
  const gone = [...before.values()].filter(({ path }) => !after.has(path))
  return gone
    .filter(({ path }) => !gone.some(other => isPartOf(path, other.path)))
    .map(field => {
      const until = lastDayOf(field.path, history)
      const window =
        until === null ? 'It was not even deprecated' : `It was promised until ${until}`
      return `${nameOf(field, before)} is gone. ${window}; it can only be left out of the next major topic`
    })
}

/** A part of something deprecated goes with it. */
function leftOut(before: Fields, after: Fields, successor: string): string[] {
  const gone = [...before.values()].filter(({ path }) => path !== '' && !after.has(path))
  const deprecated = gone.filter(field => deprecationOf(field) !== null).map(({ path }) => path)
  return gone
    .filter(({ path }) => !deprecated.some(each => path === each || isPartOf(path, each)))
    .map(field => `${successor} leaves out ${nameOf(field, before)}, which was not deprecated`)
}
