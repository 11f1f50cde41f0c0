// What may go, and when. Inside a topic nothing ever goes (FULL_TRANSITIVE): a field is left out of the
// record of the next major topic, `….v2`, and a record goes with its topic. Both only after a
// deprecation that was released, and the record only when its last promised day is over.

import { deprecationOf, nameOf } from './deprecation.ts'
import { fieldsOf, isPartOf } from './fields.ts'
import type { Fields } from './fields.ts'

export interface RemovalInput {
  /** Newest released version of each record that ever was. */
  readonly released: ReadonlyMap<string, string>
  /** Schemas of the repository. */
  readonly current: ReadonlyMap<string, string>
  /** YYYY-MM-DD, UTC. */
  readonly today: string
}

/** Sentences: what is gone and may not be. */
export function removalProblems({ released, current, today }: RemovalInput): string[] {
  const problems: string[] = []
  for (const [record, text] of released) {
    const before = fieldsOf(text)
    const after = current.get(record)
    if (after === undefined) problems.push(...retirementProblems(before, today))
    else problems.push(...goneWithin(before, fieldsOf(after)))
  }
  for (const [record, text] of current) {
    const fields = fieldsOf(text)
    const predecessor = fields.get('')?.attributes['succeeds']
    if (predecessor === undefined) continue
    const before = typeof predecessor === 'string' ? released.get(predecessor) : undefined
    if (before === undefined) {
      problems.push(`${record} succeeds ${JSON.stringify(predecessor)}, which was never released`)
    } else {
      problems.push(...leftOut(fieldsOf(before), fields, record))
    }
  }
  return problems
}

function retirementProblems(before: Fields, today: string): string[] {
  const root = before.get('')
  if (root === undefined) return []
  const promised = [...before.values()]
    .flatMap(field => deprecationOf(field)?.removeAfter ?? [])
    .toSorted()
    .at(-1)
  if (deprecationOf(root) === null || promised === undefined) {
    return [`${root.ownType} is gone and its last released version did not deprecate it`]
  }
  if (today > promised) return []
  return [`${root.ownType} is gone and was promised until ${promised}`]
}

function goneWithin(before: Fields, after: Fields): string[] {
  const gone = [...before.values()].filter(({ path }) => !after.has(path))
  return gone
    .filter(({ path }) => !gone.some(other => isPartOf(path, other.path)))
    .map(field => {
      const until = deprecationOf(field)?.removeAfter
      const window =
        until === undefined ? 'It was not even deprecated' : `It was promised until ${until}`
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
