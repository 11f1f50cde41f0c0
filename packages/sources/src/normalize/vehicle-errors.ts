// Errors and triggers of a Smartcar delivery, each of which comes in several shapes: objects, strings,
// or both in one list.

import type { VehicleError } from '@fleet/contracts'
import { readText } from '../domain-fields.ts'
import { codeOfReference } from '../signal-codes.ts'
import { codeText } from '../signals.ts'
import { elements, isJsonObject, member } from '../strict-json.ts'
import type { Json, JsonObject } from '../strict-json.ts'

export interface ListReading<T> {
  readonly items: T[]
  /** What no field holds; undefined when nothing is left. */
  readonly rest: Json | undefined
}

export function readVehicleErrors(list: readonly Json[]): ListReading<VehicleError> {
  return readList(list, readError, () => errorMembers)
}

/** The code of the signal that fired, else what kind of trigger it was (`FIRST_DELIVERY`). */
export function readTriggers(list: readonly Json[]): ListReading<string> {
  return readList(list, readTrigger, triggerMembersOf)
}

function readList<T>(
  list: readonly Json[],
  read: (item: Json) => T | null,
  heldMembersOf: (item: Json) => ReadonlySet<string>,
): ListReading<T> {
  const items: T[] = []
  const rests: Json[] = []
  for (const item of list) {
    const parsed = read(item)
    const rest = parsed === null ? item : restOf(item, heldMembersOf(item))
    if (parsed !== null) items.push(parsed)
    if (rest !== undefined) rests.push(rest)
  }
  return { items, rest: rests.length === 0 ? undefined : rests }
}

const errorMembers: ReadonlySet<string> = new Set(
  'type code state description resolution signals'.split(' '),
)
// Name and group follow from the code; the type does not.
const signalTriggerMembers: ReadonlySet<string> = new Set('code name group signal'.split(' '))
const typeTriggerMembers: ReadonlySet<string> = new Set(['type'])

function readError(item: Json): VehicleError | null {
  const text = readText(item)
  if (text === null && !isJsonObject(item)) return null
  const resolution = member(item, 'resolution')
  return {
    // A type is required; an error that names none is still an error.
    type: text ?? readText(member(item, 'type')) ?? '',
    code: codeText(member(item, 'code')),
    state: readText(member(item, 'state')),
    description: readText(member(item, 'description')),
    resolution: readText(member(resolution, 'type') ?? resolution),
    signals: elements(member(item, 'signals'))
      .map(referenceOf)
      .filter(signal => signal !== null),
  }
}

function readTrigger(item: Json): string | null {
  return signalOfTrigger(item) ?? readText(member(item, 'type'))
}

function signalOfTrigger(item: Json): string | null {
  return referenceOf(item) ?? referenceOf(member(item, 'signal'))
}

function triggerMembersOf(item: Json): ReadonlySet<string> {
  return signalOfTrigger(item) === null ? typeTriggerMembers : signalTriggerMembers
}

/** A signal named by its code or its long name, as text or in an object. */
function referenceOf(value: Json | undefined): string | null {
  const text = readText(value) ?? readText(member(value, 'code')) ?? readText(member(value, 'path'))
  return text === null ? null : codeOfReference(text)
}

function restOf(item: Json, heldMembers: ReadonlySet<string>): JsonObject | undefined {
  if (!isJsonObject(item)) return undefined
  const rest = Object.entries(item).filter(([name]) => !heldMembers.has(name))
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}
