// Plain paths into a body, `$.a.b[0]`: names and positions only. No filters, no wildcards, no code, so
// that a configured path can never do more than look.

import type { Json } from './strict-json.ts'

const pathPattern = /^\$(?:\.[\p{L}\p{N}_@$-]{1,64}|\[\d{1,6}\]){0,16}$/u

export function isPath(text: string): boolean {
  return pathPattern.test(text)
}

/** The value at the path; undefined where it leads nowhere or is no path. Own properties only. */
export function readPath(value: Json | undefined, path: string): Json | undefined {
  let at = value
  let position = 1
  while (position < path.length && at !== undefined) {
    const opening = path[position]
    if (opening !== '.' && opening !== '[') return undefined
    const end = endOfStep(path, position)
    const name = path.slice(position + 1, opening === '[' ? end - 1 : end)
    at = step(at, name, opening === '[')
    position = end
  }
  return at
}

/** Index just behind the step that opens at `position`. */
function endOfStep(path: string, position: number): number {
  let end = position + 1
  while (end < path.length && path[end] !== '.' && path[end] !== '[') end++
  return end
}

function step(value: Json, name: string, isPosition: boolean): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== isPosition) {
    return undefined
  }
  return Object.hasOwn(value, name) ? (value as Record<string, Json>)[name] : undefined
}
