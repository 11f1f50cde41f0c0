// One task of the processor as far as memory goes: what an event asks and changes of it, and what a
// transaction writes to changelog and state table. No delivery is read and no event published.

import { topics } from '@fleet/contracts'
import { bareRecord } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'

import { encodeProgress, noProgress, progressKey } from '../../../packages/stage/src/progress.ts'
import { StateHash } from '../../../packages/stage/src/state-hash.ts'
import { emptyResource } from '../../../services/processor/src/core/resource-memory.ts'
import type { ResourceMemory } from '../../../services/processor/src/core/resource-memory.ts'
import { toResourceState } from '../../../services/processor/src/core/resource-state.ts'
import type { SeenId } from '../../../services/processor/src/core/seen-id.ts'
import type { SignalRegister } from '../../../services/processor/src/core/signals.ts'
import type { ProcessorState } from '../../../services/processor/src/state/processor-state.ts'
import { codec, declaration, partitionCount } from './restoring.ts'
import type { Logs } from './restoring.ts'

export const startMs = Date.UTC(2026, 0, 1)

/** Which resources are vehicles, with a signal and therefore a row in the changelog. */
export type IsVehicle = (resource: number) => boolean

/** Distinct ids that are spread like a digest; without one, so that only memory is measured. */
export function idOf(n: number): SeenId {
  const word = (salt: number): number => {
    let out = Math.imul(n ^ salt, 0x85eb_ca6b)
    out = Math.imul(out ^ (out >>> 13), 0xc2b2_ae35)
    return (out ^ (out >>> 16)) >>> 0
  }
  return [word(0), word(0x1234_5678), word(0x2345_6789), n >>> 0]
}

function memoryOf(n: number, isVehicle: boolean): ResourceMemory {
  const at = (startMs + n) * 1000
  const data_json = `{"customer_id":"C${n}","vehicle_id":"V${n}","reason":null,"amount":{"amount_minor":${n},"currency":"EUR"},"attributes":{"data.note":"\\"a note of some length, as they are\\"","data.channel":"\\"app\\""}}`
  const register = {
    event_id: `evt_${n}`,
    event_type: isVehicle ? 'vehicle.updated' : 'reservation.updated',
    occurred_at: at,
    effective_at: at,
    rank: 1,
    data_json,
  }
  return {
    version: n,
    registers: new Map([[isVehicle ? 'vehicle' : 'reservation', register]]),
    signals: isVehicle ? new Map([['odometer', odometer(n, at)]]) : emptyResource.signals,
  }
}

function odometer(n: number, at: number): SignalRegister {
  const eventId = `evt_${n}`
  const code = { code: 'odometer', name: 'Odometer', group: null, status: 'SUCCESS' }
  const signal = { ...code, error_type: null, error_code: null, observed_at: at }
  const value = { orderAt: at, eventId, observedAt: at, valueJson: String(n), unit: 'km' }
  return { latest: { orderAt: at, eventId, signal }, value }
}

function recordOf(n: number, key: string, type: string, memory: ResourceMemory): OutRecord {
  const atMicros = (startMs + n) * 1000
  const value = toResourceState(memory, {
    tenantId: 'demo',
    resource: { type, id: key.slice(key.lastIndexOf('/') + 1) },
    updatedAt: atMicros,
    lineage: {
      raw_topic: topics.raw.name,
      raw_partition: 0,
      raw_offset: n,
      raw_timestamp: atMicros,
      delivery_id: `0190f3c4-0000-7000-8000-${String(n).padStart(12, '0')}`,
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'k1',
    },
  })
  return bareRecord(topics.state.name, 0, key, codec.encode(topics.state, value))
}

export class Task {
  readonly hash = new StateHash()
  readonly state: ProcessorState
  readonly #logs: Logs | null
  readonly #progress = noProgress(partitionCount)
  #outputs: OutRecord[] = []
  records = { changelog: 0, table: 0 }

  constructor(state = declaration.createState(), logs: Logs | null = null) {
    this.state = state
    this.#logs = logs
  }

  id(n: number, nowMs: number): void {
    this.state.stage({
      kind: 'seen',
      entry: { id: idOf(n), firstSeenMs: nowMs, fingerprint: n >>> 0 },
    })
  }

  /** A new version of a resource. */
  resource(n: number, resource: number, isVehicle: boolean): void {
    const type = isVehicle ? 'vehicle' : 'reservation'
    const key = `demo/${type}/R${resource}`
    this.state.resource(key)
    this.state.outlived(0, 4)
    const memory = memoryOf(n, isVehicle)
    this.state.stage({ kind: 'resource', key, memory })
    this.#outputs.push(recordOf(n, key, type, memory))
  }

  event(n: number, nowMs: number, resources: number, isVehicle: IsVehicle): void {
    this.state.sighting(idOf(n))
    this.resource(n, n % resources, isVehicle(n % resources))
    this.id(n, nowMs)
  }

  commit(nowMs: number): void {
    this.state.advance(nowMs)
    const pending = this.state.pending()
    const progress = this.#progress
    progress.positions[topics.raw.name] = (progress.positions[topics.raw.name] ?? 0) + 1
    progress.streamTimeMs = nowMs
    progress.transactions++
    progress.state = this.hash.after(pending, topics.state, this.#outputs)
    const entries = [...pending, { key: progressKey, value: encodeProgress(progress) }]
    for (const { key, value } of entries) this.#logs?.changelog.write(key, value, nowMs)
    for (const { key, value } of this.#outputs) {
      this.#logs?.table.write(String(key), value, nowMs)
    }
    this.records.changelog += entries.length
    this.records.table += this.#outputs.length
    this.#outputs = []
    this.state.commit()
  }
}
