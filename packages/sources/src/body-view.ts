// A body as those see it who look for single values: by paths and by the members of its data. Two kinds
// of bodies are read this way, those read whole and those read in part, and both say the same.

import type { Path } from './paths.ts'
import { readAt, readPath } from './paths.ts'
import { member } from './strict-json.ts'
import type { Json } from './strict-json.ts'

export interface Members {
  /** Undefined: there is none of that name. What is no list, text, number or literal may be any object. */
  get(name: string): Json | undefined
}

export interface BodyView {
  /** Undefined: it leads nowhere. What is no text, number or literal may be any object. */
  at(path: Path): Json | undefined
  /** Its members that say null. */
  nullNames(): readonly string[]
  /** Of what stands at the data's path; without any where that is no object. */
  readonly data: Members
}

/** The own members of a value. */
export function membersOf(value: Json | undefined): Members {
  return { get: name => member(value, name) }
}

/** Of a body that was read whole. */
export function viewOf(body: Json, dataPath: string | null): BodyView {
  return {
    at: path => readAt(body, path),
    nullNames: () => nullNamesOf(body),
    data: membersOf(dataPath === null ? undefined : readPath(body, dataPath)),
  }
}

function nullNamesOf(body: Json): readonly string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) => (value === null ? [name] : []))
}
