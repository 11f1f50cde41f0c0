// What of a resource an event says is wrong, and what of it is well again. A vehicle's event speaks of its
// owner's connection, of signals it can not give and of limits, of several in one.

import type { Signal, VehicleError } from '@fleet/contracts'

export interface SpeaksOfVehicle {
  readonly event_type: string
  readonly errors?: readonly VehicleError[]
  readonly signals?: readonly Signal[]
}

/** The empty name is the whole resource. */
interface Subjects {
  readonly wrong: ReadonlySet<string>
  /** What is wrong as well is wrong. */
  readonly well: ReadonlySet<string>
}

export type SubjectsOf = (event: SpeaksOfVehicle) => Subjects

const all: ReadonlySet<string> = new Set([''])
export const whole: SubjectsOf = () => ({ wrong: all, well: all })

/** An entry of the list of errors, or a signal that failed. */
interface Fault {
  readonly words: string
  readonly of: readonly string[]
  readonly isOver: boolean
}

function faultsOf({ errors = [], signals: list = [] }: SpeaksOfVehicle): Fault[] {
  const told = errors.map(({ type, code, state, signals: names }) => ({
    words: `${type} ${code ?? ''}`,
    of: names.length > 0 ? names : [''],
    isOver: state === 'RESOLVED',
  }))
  const failed = list
    .filter(({ won, status }) => won && status === 'ERROR')
    .map(({ code, error_type, error_code }) => ({
      words: `${error_type ?? ''} ${error_code ?? ''}`,
      of: [code],
      isOver: false,
    }))
  return [...told, ...failed]
}

function namesOf(faults: readonly Fault[], isOver: boolean): Set<string> {
  return new Set(faults.filter(fault => fault.isOver === isOver).flatMap(({ of }) => of))
}

export const signals: SubjectsOf = event => {
  const faults = faultsOf(event).filter(({ words }) => /^COMPATIBILITY |NOT_CAPABLE/.test(words))
  const good = (event.signals ?? []).filter(({ won, status }) => won && status !== 'ERROR')
  const well = namesOf(faults, true)
  for (const { code } of good) well.add(code)
  return { wrong: namesOf(faults, false), well }
}

export const limits: SubjectsOf = event => {
  const isLimited = faultsOf(event).some(
    ({ words, isOver }) => /\bRATE_LIMIT/.test(words) && !isOver,
  )
  return { wrong: isLimited ? all : new Set(), well: new Set() }
}

/** Only what is said of the vehicle: one signal without permission is no lost connection. */
export const connections: SubjectsOf = ({ event_type: type, errors = [] }) => {
  const faults = faultsOf({ event_type: type, errors }).flatMap(({ words, isOver }) => {
    const name = /\bPERMISSION/.test(words)
      ? 'permission'
      : /CONNECTED_SERVICES_ACCOUNT|AUTHENTICATION_FAILED/.test(words) && 'account'
    return name === false ? [] : [{ words, of: [name], isOver }]
  })
  const wrong = namesOf(faults, false)
  const well = namesOf(faults, true)
  if (type === 'vehicle.reauthentication_required' && wrong.size === 0) wrong.add('connection')
  if (type === 'vehicle.error_resolved') {
    well.add('connection')
    if (errors.length === 0) for (const name of ['permission', 'account']) well.add(name)
  }
  return { wrong, well }
}
