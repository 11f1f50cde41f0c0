// Plain paths into a body, `$.a.b[0]`: names and positions only. No filters, no wildcards, no code, so
// that a configured path can never do more than look.

import type { Json } from './strict-json.ts'

const pathPattern = /^\$(?:\.[\p{L}\p{N}_@$-]{1,64}|\[\d{1,6}\]){0,16}$/u

export function isPath(text: string): boolean {
  return pathPattern.test(text)
}

export interface Step {
  readonly name: string
  readonly isPosition: boolean
}

/** Paths come from configuration and code, never from a body: there are few, and they repeat. */
const knownPaths = new Map<string, Path>()
const knownPathsMax = 10_000

/** The value at the path; undefined where it leads nowhere or is no path. Own properties only. */
export function readPath(value: Json | undefined, path: string): Json | undefined {
  return readAt(value, toPath(path))
}

/** A path taken apart once, for those who follow it in every body. */
export interface Path {
  readonly text: string
  /** Null: it is no path and leads nowhere. */
  readonly steps: readonly Step[] | null
  /** Of a path that leads to a member of the body itself, `$.name`; null for any other. */
  readonly memberName: string | null
}

export function toPath(text: string): Path {
  const known = knownPaths.get(text)
  if (known !== undefined) return known
  const steps = splitPath(text)
  const only = steps?.length === 1 ? steps[0] : undefined
  const isMember = only !== undefined && !only.isPosition && only.name !== ''
  const path = { text, steps, memberName: isMember ? only.name : null }
  if (knownPaths.size < knownPathsMax) knownPaths.set(text, path)
  return path
}

export function textsOf(paths: readonly Path[]): string[] {
  return paths.map(({ text }) => text)
}

/** As `readPath`. */
export function readAt(value: Json | undefined, { steps }: Path): Json | undefined {
  if (steps === null) return undefined
  let at = value
  for (let i = 0; i < steps.length && at !== undefined; i++) at = follow(at, steps[i] as Step)
  return at
}

/** Null: no path. */
function splitPath(path: string): readonly Step[] | null {
  const steps: Step[] = []
  let position = 1
  while (position < path.length) {
    const opening = path[position]
    if (opening !== '.' && opening !== '[') return null
    const end = endOfStep(path, position)
    const name = path.slice(position + 1, opening === '[' ? end - 1 : end)
    steps.push({ name: asPropertyName(name), isPosition: opening === '[' })
    position = end
  }
  return steps
}

/** Index just behind the step that opens at `position`. */
function endOfStep(path: string, position: number): number {
  let end = position + 1
  while (end < path.length && path[end] !== '.' && path[end] !== '[') end++
  return end
}

/** The same text in the form in which engines keep names of properties: compared by identity. */
function asPropertyName(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text
}

function follow(value: Json, { name, isPosition }: Step): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== isPosition) {
    return undefined
  }
  return Object.hasOwn(value, name) ? (value as Record<string, Json>)[name] : undefined
}
