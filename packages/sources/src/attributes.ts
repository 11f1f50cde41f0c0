// What a source sent and no field holds: envelope members by name, those of `data` as `data.<name>`,
// each as canonical JSON text. Nothing the sender wrote is lost between the typed fields and these.

import { canonicalJson } from './canonical-json.ts'
import { isJsonObject } from './strict-json.ts'
import type { Json, JsonObject } from './strict-json.ts'

/** Adds a text for each member; a value that has no members stands under `wholeName`. */
export function addAttributes(
  into: Map<string, string>,
  value: Json | undefined,
  prefix: string,
  wholeName: string,
): void {
  if (value === undefined) return
  if (!isJsonObject(value)) {
    into.set(wholeName, canonicalJson(value))
    return
  }
  for (const [name, item] of Object.entries(value)) {
    into.set(`${prefix}${name}`, canonicalJson(item))
  }
}

/**
 * The value without what stands at these paths (`$.a.b[0]`). An object or array that loses its last
 * member by this is left out too; undefined when nothing is left. The value itself is not changed.
 */
export function withoutPaths(value: Json | undefined, paths: readonly string[]): Json | undefined {
  return paths.reduce<Json | undefined>(
    (left, path) => (left === undefined ? undefined : without(left, stepsOf(path), 0)),
    value,
  )
}

interface Step {
  readonly name: string
  readonly isPosition: boolean
}

function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/\.([^.[]+)|\[(\d+)\]/g)].map(match =>
    match[2] === undefined
      ? { name: match[1] ?? '', isPosition: false }
      : { name: match[2], isPosition: true },
  )
}

function without(value: Json, steps: readonly Step[], at: number): Json | undefined {
  const step = steps[at]
  if (step === undefined) return undefined
  if (isJsonObject(value)) return step.isPosition ? value : withoutMember(value, steps, at, step)
  return Array.isArray(value) && step.isPosition ? withoutElement(value, steps, at, step) : value
}

function withoutMember(
  value: JsonObject,
  steps: readonly Step[],
  at: number,
  step: Step,
): Json | undefined {
  const inner = Object.hasOwn(value, step.name) ? value[step.name] : undefined
  if (inner === undefined) return value
  const left = without(inner, steps, at + 1)
  const entries = Object.entries(value).flatMap<[string, Json]>(([name, item]) =>
    name !== step.name ? [[name, item]] : left === undefined ? [] : [[name, left]],
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The others keep their positions, so a removed element becomes null. */
function withoutElement(
  value: readonly Json[],
  steps: readonly Step[],
  at: number,
  step: Step,
): Json | undefined {
  const position = Number(step.name)
  const inner = value[position]
  if (inner === undefined) return value
  const left = without(inner, steps, at + 1) ?? null
  const elements = value.map((element, index) => (index === position ? left : element))
  return elements.every(element => element === null) ? undefined : elements
}
