// The sink as a declaration: vehicle events in, one rollup out for each hour an event changes.

import { topics } from '@fleet/contracts'
import type { StageName, Topic, VehicleEvent } from '@fleet/contracts'
import { KeyedState } from '@fleet/stage'
import type { Emit, KeyedChange, StageDeclaration } from '@fleet/stage'

import type { VehicleRollup } from './record.ts'
import { hourMicros, rollUp } from './roll-up.ts'

/** Hours are kept as long as an event may come late: a day longer than ids are remembered. */
const keptMicros = 8 * 24 * hourMicros

type Rollups = StageDeclaration<KeyedState<VehicleRollup>, KeyedChange<VehicleRollup>>

const nothing = { verdict: 'published', changes: [], emit: [] } as const

/** The name and the topic stand in packages/contracts for a sink of the platform. */
export function vehicleRollup(name: StageName, output: Topic): Rollups {
  return {
    name,
    inputs: [topics.events.vehicle],
    outputs: [output],
    createState: () => new KeyedState<VehicleRollup>(),
    decide: (state, { key, value, streamTimeMs }) => {
      const event = value as VehicleEvent
      if (event.mode === 'TEST') return nothing
      const floor = streamTimeMs * 1000 - keptMicros
      const rollups = rollUp(event, hour => state.get(`${key}#${hour}`))
      const kept = [...rollups].filter(([hour]) => hour > floor)
      return {
        ...nothing,
        changes: kept.map(([hour, rollup]) => ({ key: `${key}#${hour}`, value: rollup })),
        // A record of schemas/ needs no cast.
        emit: kept.map(([, value]) => ({ topic: output, key, value }) as unknown as Emit),
      }
    },
    tickMs: hourMicros / 1000,
    tick: (state, { streamTimeMs }) => {
      const floor = streamTimeMs * 1000 - keptMicros
      const past = [...state.entries()].filter(([, { hour }]) => hour <= floor)
      return { ...nothing, changes: past.map(([key]) => ({ key, value: null })) }
    },
  }
}
