// The record of vehicle-rollup.avsc. In schemas/ it would be generated (`make docs`).

export interface SignalRange {
  min: number
  max: number
  last: number
  /** Microseconds, UTC. */
  last_at: number
}

export interface VehicleRollup {
  tenant_id: string
  vehicle_id: string
  /** Its beginning, by the clock of the vehicle. Microseconds, UTC. */
  hour: number
  /** Observed in this hour. */
  signals: number
  /** Of them, those in error. */
  errors: number
  /** By odometer, battery and fuel. */
  ranges: Record<string, SignalRange>
}
