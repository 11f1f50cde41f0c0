// What a Smartcar delivery says about the vehicle itself, beside its signals.

import { readText, readYear } from '../domain-fields.ts'
import { parseId } from '../identity.ts'
import { member } from '../strict-json.ts'
import type { Json } from '../strict-json.ts'
import type { FieldsOf } from './normalized-event.ts'

export type VehicleInfo = Pick<FieldsOf<'vehicle'>, 'make' | 'model' | 'vin' | 'year'>

export function readVehicleInfo(vehicle: Json | undefined): VehicleInfo {
  return {
    make: readText(member(vehicle, 'make')),
    model: readText(member(vehicle, 'model')),
    vin: readText(member(vehicle, 'vin')),
    year: readYear(member(vehicle, 'year')),
  }
}

/** Paths, from the vehicle at `base`, of what the fields hold; its id under `idName`. */
export function heldInfoPaths(
  vehicle: Json | undefined,
  base: string,
  idName: string,
  resourceId: string | null,
): readonly string[] {
  const held = Object.entries(readVehicleInfo(vehicle))
    .filter(([name, value]) => value !== null || member(vehicle, name) === null)
    .map(([name]) => name)
  if (parseId(member(vehicle, idName)) === resourceId) held.push(idName)
  return held.map(name => `${base}.${name}`)
}
