// Which parts of a resource an event opens a task for, and for which it says that all is well again.
// For most it is the resource as a whole; a vehicle event speaks of errors and signals one by one.

import type { Signal, VehicleError } from '@fleet/contracts'

import type { AutomationEvent } from './automation-event.ts'
import { cutText } from './cut-text.ts'
import type { About } from './workflow.ts'

export interface Subject {
  /** Null: the whole resource. */
  readonly name: string | null
  readonly details: Readonly<Record<string, string>>
}

export interface Subjects {
  readonly opened: readonly Subject[]
  readonly closed: readonly (string | null)[]
}

const whole: Subject = { name: null, details: {} }
const wholeResource: Subjects = { opened: [whole], closed: [null] }
const nothing: Subjects = { opened: [], closed: [] }

/** The parts that one event names are bounded in number and length, as each becomes a task and a key. */
export function subjectsOf(
  about: About,
  input: AutomationEvent,
  sha256Hex: (text: string) => string,
): Subjects {
  if (about === 'resource') return wholeResource
  if (input.domain !== 'vehicle') return nothing
  const { errors, signals } = input.event
  switch (about) {
    case 'connection':
      return connectionsOf(input.event.event_type, errors)
    case 'signal':
      return bounded(capabilitiesOf(errors, signals), sha256Hex)
    case 'rate_limit':
      return limitsOf(errors, signals)
  }
}

const connections = ['permission', 'account', 'connection'] as const

/** Without entries the type of the event says what there is to say: the connection is gone, or back. */
function connectionsOf(eventType: string, errors: readonly VehicleError[]): Subjects {
  const open = errors.filter(isOpen)
  const opened = new Map<string, Subject>()
  for (const error of open) {
    const name = connectionOf(error)
    if (name !== null) opened.set(name, { name, details: detailsOf(error) })
  }
  if (eventType === 'vehicle.reauthentication_required' && opened.size === 0) {
    opened.set('connection', { name: 'connection', details: {} })
  }
  const isAllResolved = eventType === 'vehicle.error_resolved'
  const resolved = new Set<string>(isAllResolved ? ['connection'] : [])
  for (const error of errors) {
    const name = isOpen(error) ? null : connectionOf(error)
    if (name !== null) resolved.add(name)
  }
  if (isAllResolved && errors.length === 0) for (const name of connections) resolved.add(name)
  return { opened: [...opened.values()], closed: without(resolved, opened) }
}

function connectionOf(error: VehicleError): (typeof connections)[number] | null {
  const words = [error.type, error.code ?? '']
  if (words.some(word => word.startsWith('PERMISSION'))) return 'permission'
  const isAccount = words.some(
    word => word === 'CONNECTED_SERVICES_ACCOUNT' || word.endsWith('AUTHENTICATION_FAILED'),
  )
  return isAccount ? 'account' : null
}

function capabilitiesOf(errors: readonly VehicleError[], signals: readonly Signal[]): Subjects {
  const opened = new Map<string | null, Subject>()
  const closed = new Set<string | null>()
  for (const error of errors) {
    if (!isIncapable(error.type, error.code)) continue
    const names = error.signals.length === 0 ? [null] : error.signals
    for (const name of names) {
      if (isOpen(error)) opened.set(name, { name, details: detailsOf(error) })
      else closed.add(name)
    }
  }
  for (const { code, status, error_type, error_code, won } of signals) {
    // A signal that did not become the current one says nothing about now.
    if (!won) continue
    if (status !== 'ERROR') closed.add(code)
    else if (isIncapable(error_type, error_code)) {
      const details = detailsOf({ type: error_type ?? '', code: error_code })
      opened.set(code, { name: code, details })
    }
  }
  return { opened: [...opened.values()], closed: without(closed, opened) }
}

const subjectsMax = 64
/** What of an event's signals goes beyond `subjectsMax`; one task for them all. */
const furtherSignals = 'further signals'

function bounded({ opened, closed }: Subjects, sha256Hex: (text: string) => string): Subjects {
  const named = (name: string | null): string | null => name && shortName(name, sha256Hex)
  // Said of the whole vehicle, or of as many as opened it: then it is over for the further ones too.
  const isFurtherClosed = closed.includes(null) || closed.length > subjectsMax
  const closedNames = closed.map(named)
  if (opened.length <= subjectsMax) {
    if (isFurtherClosed) closedNames.push(furtherSignals)
    return { opened: opened.map(one => ({ ...one, name: named(one.name) })), closed: closedNames }
  }
  // By name: whoever tells the same again in another order means the same tasks.
  const byName = opened.toSorted((a, b) => compareNames(a.name ?? '', b.name ?? ''))
  const kept = byName.slice(0, subjectsMax).map(one => ({ ...one, name: named(one.name) }))
  const details = { further_signals: String(opened.length - subjectsMax) }
  return { opened: [...kept, { name: furtherSignals, details }], closed: closedNames }
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

const nameLengthMax = 256

/** A long name keeps its begin, for whoever reads it, and a hash of all of it. */
function shortName(name: string, sha256Hex: (text: string) => string): string {
  if (name.length <= nameLengthMax) return name
  return `${cutText(name, 200)}… ${sha256Hex(name).slice(0, 32)}`
}

function limitsOf(errors: readonly VehicleError[], signals: readonly Signal[]): Subjects {
  const isLimited =
    errors.some(error => isOpen(error) && isLimit(error.type, error.code)) ||
    signals.some(
      ({ won, status, error_type, error_code }) =>
        won && status === 'ERROR' && isLimit(error_type, error_code),
    )
  return { opened: isLimited ? [whole] : [], closed: [] }
}

function isIncapable(type: string | null, code: string | null): boolean {
  return type === 'COMPATIBILITY' || [type, code].some(word => word?.endsWith('NOT_CAPABLE'))
}

function isLimit(type: string | null, code: string | null): boolean {
  return [type, code].some(word => word?.startsWith('RATE_LIMIT'))
}

function isOpen({ state }: VehicleError): boolean {
  return state !== 'RESOLVED'
}

type Named = Pick<VehicleError, 'type' | 'code'> &
  Partial<Pick<VehicleError, 'description' | 'resolution'>>

function detailsOf({ type, code, description, resolution }: Named): Record<string, string> {
  const details: Record<string, string> = { error_type: type }
  if (code !== null) details['error_code'] = code
  if (description !== null && description !== undefined) details['description'] = description
  if (resolution !== null && resolution !== undefined) details['resolution'] = resolution
  return details
}

function without<Name>(names: ReadonlySet<Name>, others: ReadonlyMap<Name, unknown>): Name[] {
  return [...names].filter(name => !others.has(name))
}
