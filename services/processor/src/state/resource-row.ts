// A resource in the changelog, private to the processor: JSON in which lists stand for records and
// a register's data stands as JSON itself, not as text in text, so that a row is about as large as
// the public state.
//
//   row      = [1, version, [register*], [signal*]]
//   register = [domain, event_id, event_type, occurred_at, effective_at, rank, data]
//   signal   = [code, name, group, status, error_type, error_code, observed_at, orderAt, eventId,
//               value]
//   value    = null | [orderAt, eventId, observedAt, valueJson, unit]

import { FleetError } from '@fleet/runtime'
import type { Domain, Register } from '@fleet/contracts'

import type { ResourceMemory } from '../core/resource-memory.ts'
import type { SignalRegister } from '../core/signals.ts'

const version1 = 1

type RegisterRow = [Domain, string, string, number, number, number, unknown]
type ValueRow = [number, string, number, string | null, string | null]
type SignalRow = [
  string,
  string | null,
  string | null,
  string,
  string | null,
  string | null,
  number,
  number,
  string,
  ValueRow | null,
]
type Row = [number, number, RegisterRow[], SignalRow[]]

export function toResourceRow(memory: ResourceMemory): Buffer {
  const registers = [...memory.registers].map(registerText)
  const signals = JSON.stringify([...memory.signals.values()].map(signalRow))
  return Buffer.from(`[${version1},${memory.version},[${registers.join()}],${signals}]`)
}

export function fromResourceRow(bytes: Buffer): ResourceMemory {
  const [format, version, registers, signals] = JSON.parse(bytes.toString('utf8')) as Row
  if (format !== version1) {
    throw new FleetError('CHANGELOG_UNREADABLE', 'fatal', `unknown resource row format ${format}`)
  }
  return {
    version,
    registers: new Map(registers.map(row => [row[0], toRegister(row)])),
    signals: new Map(signals.map(row => [row[0], toSignal(row)])),
  }
}

/** Whether a row fits into `bytesMax`; looks at sizes first, because nearly all rows are small. */
export function rowFits(memory: ResourceMemory, bytesMax: number): boolean {
  let characters = 0
  for (const { data_json, event_id, event_type } of memory.registers.values()) {
    characters += data_json.length + event_id.length + event_type.length
  }
  for (const signal of memory.signals.values()) {
    for (const field of signalRow(signal).flat()) {
      characters += typeof field === 'string' ? field.length : 4
    }
  }
  // JSON takes at most six bytes for a character of a text.
  return characters * 6 + 4096 <= bytesMax || toResourceRow(memory).length <= bytesMax
}

/**
 * `data_json` was made by JSON.stringify, so reading it and writing it again gives the same text.
 */
function registerText([domain, register]: [Domain, Register]): string {
  const { event_id, event_type, occurred_at, effective_at, rank, data_json } = register
  const row = [domain, event_id, event_type, occurred_at, effective_at, rank]
  return `${JSON.stringify(row).slice(0, -1)},${data_json}]`
}

function toRegister(row: RegisterRow): Register {
  const [, event_id, event_type, occurred_at, effective_at, rank, data] = row
  const data_json = JSON.stringify(data)
  return { event_id, event_type, occurred_at, effective_at, rank, data_json }
}

function signalRow({ latest, value }: SignalRegister): SignalRow {
  const { code, name, group, status, error_type, error_code, observed_at } = latest.signal
  return [
    code,
    name,
    group,
    status,
    error_type,
    error_code,
    observed_at,
    latest.orderAt,
    latest.eventId,
    value && [value.orderAt, value.eventId, value.observedAt, value.valueJson, value.unit],
  ]
}

function toSignal(row: SignalRow): SignalRegister {
  const [code, name, group, status, error_type, error_code, observed_at, orderAt, eventId] = row
  const signal = { code, name, group, status, error_type, error_code, observed_at }
  const value = row[9]
  return {
    latest: { orderAt, eventId, signal },
    value: value && {
      orderAt: value[0],
      eventId: value[1],
      observedAt: value[2],
      valueJson: value[3],
      unit: value[4],
    },
  }
}
