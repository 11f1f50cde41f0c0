// A ResourceState as the API shows it: times as RFC 3339 text, everything else as it is.

import { formatMicros } from '@fleet/contracts'
import type { Lineage, Register, ResourceState, SignalState } from '@fleet/contracts'

type Shown<T, Times extends keyof T> = {
  [Field in keyof T]: Field extends Times ? string | Extract<T[Field], null> : T[Field]
}

export interface ShownState extends Omit<
  ResourceState,
  'registers' | 'signals' | 'updated_at' | 'lineage'
> {
  registers: Record<string, Shown<Register, 'occurred_at' | 'effective_at'>>
  signals: Record<string, Shown<SignalState, 'observed_at' | 'value_observed_at'>>
  updated_at: string
  lineage: Shown<Lineage, 'raw_timestamp'>
}

export function presentState(state: ResourceState): ShownState {
  return {
    ...state,
    registers: mapValues(state.registers, register => ({
      ...register,
      occurred_at: formatMicros(register.occurred_at),
      effective_at: formatMicros(register.effective_at),
    })),
    signals: mapValues(state.signals, signal => ({
      ...signal,
      observed_at: formatMicros(signal.observed_at),
      value_observed_at:
        signal.value_observed_at === null ? null : formatMicros(signal.value_observed_at),
    })),
    updated_at: formatMicros(state.updated_at),
    lineage: { ...state.lineage, raw_timestamp: formatMicros(state.lineage.raw_timestamp) },
  }
}

// fromEntries defines keys instead of assigning them: a signal code may be any text, `__proto__` too.
function mapValues<T, U>(values: Record<string, T>, shown: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shown(value)]))
}
