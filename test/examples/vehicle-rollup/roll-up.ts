// The decision of the sink, pure: what one vehicle event adds to the hours its signals were observed in.

import type { VehicleEvent } from '@fleet/contracts'

import type { SignalRange, VehicleRollup } from './record.ts'

export const hourMicros = 3_600_000_000

const measures = new Map([
  ['odometer-traveleddistance', 'odometer'],
  ['tractionbattery-stateofcharge', 'battery'],
  ['internalcombustionengine-fuellevel', 'fuel'],
])

/** The hours the event changes. A late signal goes into its own hour, whatever came meanwhile. */
export function rollUp(
  event: VehicleEvent,
  before: (hour: number) => VehicleRollup | undefined,
): Map<number, VehicleRollup> {
  const after = new Map<number, VehicleRollup>()
  const { tenant_id, resource } = event
  for (const { code, status, value_json, observed_at: at } of event.signals) {
    const hour = Math.floor(at / hourMicros) * hourMicros
    const none = { tenant_id, vehicle_id: resource.id, hour, signals: 0, errors: 0, ranges: {} }
    const { signals, errors, ranges, ...rest }: VehicleRollup =
      after.get(hour) ?? before(hour) ?? none
    const isError = status === 'ERROR'
    const measure = measures.get(code)
    const value: unknown = isError || value_json === null ? null : JSON.parse(value_json)
    const isMeasured = measure !== undefined && typeof value === 'number'
    after.set(hour, {
      ...rest,
      signals: signals + 1,
      errors: errors + (isError ? 1 : 0),
      ranges: isMeasured ? { ...ranges, [measure]: widened(ranges[measure], value, at) } : ranges,
    })
  }
  return after
}

function widened(range: SignalRange | undefined, value: number, at: number): SignalRange {
  const { min, max, last, last_at } = range ?? { min: value, max: value, last: value, last_at: at }
  return {
    min: Math.min(min, value),
    max: Math.max(max, value),
    last: at >= last_at ? value : last,
    last_at: Math.max(at, last_at),
  }
}
