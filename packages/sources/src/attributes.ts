// What a source sent and no field holds: envelope members by name, those of `data` as `data.<name>`,
// each as canonical JSON text. Nothing the sender wrote is lost between the typed fields and these.

import type { EncodedMap } from '@fleet/contracts'

import { canonicalJson, jsonString } from './canonical-json.ts'
import { membersInOrder } from './member-order.ts'
import { isJsonObject } from './strict-json.ts'
import type { Json, JsonObject } from './strict-json.ts'

export interface Attributes {
  readonly record: Record<string, string>
  /** The canonical text of `record`. */
  readonly json: string
  /** `record` and the UTF-8 form of `json` where they were written as bytes; the texts are made of them. */
  readonly encoded: EncodedMap | null
  readonly jsonBytes: Uint8Array | null
}

export function attributesFrom(texts: ReadonlyMap<string, string>): Attributes {
  const record = asRecord(texts)
  return { record, json: attributesJson(record), encoded: null, jsonBytes: null }
}

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
  for (const name of Object.keys(value)) {
    into.set(`${prefix}${name}`, canonicalJson(value[name]))
  }
}

/** The attributes as an object; `__proto__` is a name like any other. */
export function asRecord(attributes: ReadonlyMap<string, string>): Record<string, string> {
  const record: Record<string, string> = {}
  for (const [name, text] of attributes) {
    if (name === '__proto__') {
      const property = { value: text, enumerable: true, configurable: true, writable: true }
      Object.defineProperty(record, name, property)
    } else record[name] = text
  }
  return record
}

/** The canonical text of the attributes' object, whose values are JSON texts already. */
function attributesJson(attributes: Record<string, string>): string {
  let json = ''
  for (const { name, label } of membersInOrder(Object.keys(attributes))) {
    json += (json === '' ? '{' : ',') + label + jsonString(attributes[name] ?? '')
  }
  return json === '' ? '{}' : `${json}}`
}

/**
 * The value without what stands at these paths (`$.a.b[0]`). An object or array that loses its last
 * member by this is left out too; undefined when nothing is left. The value itself is not changed.
 */
export function withoutPaths(value: Json | undefined, paths: readonly string[]): Json | undefined {
  if (value === undefined || paths.length === 0) return value
  const removals: Removals = new Map()
  for (const path of paths) {
    const steps = stepsOf(path)
    // `$` is the whole value.
    if (steps.length === 0) return undefined
    addRemoval(removals, steps)
  }
  return without(value, removals)
}

interface Step {
  readonly name: string
  readonly isPosition: boolean
}

/** What to remove below a value, by step; `whole` removes what the step leads to. */
type Removals = Map<string, { isPosition: boolean; whole: boolean; below: Removals }>

/** Paths come from configuration and code, never from a body: there are few, and they repeat. */
const knownSteps = new Map<string, readonly Step[]>()
const knownStepsMax = 10_000

function stepsOf(path: string): readonly Step[] {
  const known = knownSteps.get(path)
  if (known !== undefined) return known
  const steps = [...path.matchAll(/\.([^.[]+)|\[(\d+)\]/g)].map(match =>
    match[2] === undefined
      ? { name: match[1] ?? '', isPosition: false }
      : { name: match[2], isPosition: true },
  )
  if (knownSteps.size < knownStepsMax) knownSteps.set(path, steps)
  return steps
}

function addRemoval(removals: Removals, steps: readonly Step[]): void {
  let at = removals
  for (const [index, { name, isPosition }] of steps.entries()) {
    const key = isPosition ? `[${Number(name)}]` : name
    const removal = at.get(key) ?? { isPosition, whole: false, below: new Map() }
    at.set(key, removal)
    if (index === steps.length - 1) removal.whole = true
    at = removal.below
  }
}

function without(value: Json, removals: Removals): Json | undefined {
  if (isJsonObject(value)) return withoutMembers(value, removals)
  return Array.isArray(value) ? withoutElements(value, removals) : value
}

function withoutMembers(value: JsonObject, removals: Removals): Json | undefined {
  const left: [string, Json][] = []
  let isChanged = false
  for (const name of Object.keys(value)) {
    const item = value[name] as Json
    const removal = removals.get(name)
    let rest: Json | undefined = item
    if (removal !== undefined && !removal.isPosition) {
      rest = removal.whole ? undefined : without(item, removal.below)
      isChanged ||= rest !== item
    }
    if (rest !== undefined) left.push([name, rest])
  }
  if (!isChanged) return value
  // fromEntries, because a member may be called __proto__.
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

/** The others keep their positions, so a removed element becomes null. */
function withoutElements(value: readonly Json[], removals: Removals): Json | undefined {
  let isChanged = false
  const elements = value.map((item, index) => {
    const removal = removals.get(`[${index}]`)
    if (removal === undefined || !removal.isPosition) return item
    const rest = (removal.whole ? undefined : without(item, removal.below)) ?? null
    isChanged ||= removal.whole || rest !== item
    return rest
  })
  if (!isChanged) return value
  return elements.every(element => element === null) ? undefined : elements
}
