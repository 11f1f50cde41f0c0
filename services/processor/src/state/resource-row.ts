// A resource in the changelog, private to the processor: JSON in which lists stand for records and
// a register's data stands as JSON itself, not as text in text, so that a row is about as large as
// the public state.
//
//   row      = [2, version, newestAt, [register*], [signal*]]
//   register = [domain, event_id, event_type, occurred_at, effective_at, rank, data]
//   signal   = [code, name, group, status, error_type, error_code, observed_at, orderAt, eventId,
//               value]
//   value    = null | [orderAt, eventId, observedAt, valueJson, unit]
//
// newestAt (null: nothing in it) is said first so that restoring needs no more than that. Format 1
// had none: [1, version, [register*], [signal*]]; it is still read.

import { FleetError } from '@fleet/runtime'
import { microsText } from '@fleet/contracts'
import type { Domain, Register } from '@fleet/contracts'

import { jsonText } from '../core/json-text.ts'
import { newestAt } from '../core/resource-memory.ts'
import type { ResourceMemory } from '../core/resource-memory.ts'
import type { SignalRegister } from '../core/signals.ts'
import { bytesOfTexts } from './text-bytes.ts'

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
type Row =
  [1, number, RegisterRow[], SignalRow[]] | [2, number, number | null, RegisterRow[], SignalRow[]]

const head2 = '[2,'
const noSignals: ResourceMemory['signals'] = new Map()

export function toResourceRow(memory: ResourceMemory): Buffer {
  // Text by text: lists made only to be turned into JSON would cost four times as much.
  const texts: string[] = []
  let text = `${head2}${memory.version},${timeText(newestAt(memory))},[`
  let separator = ''
  for (const [domain, register] of memory.registers) {
    texts.push(text + separator + registerHead(domain, register), register.data_json)
    text = ']'
    separator = ','
  }
  text += '],['
  separator = ''
  for (const signal of memory.signals.values()) {
    text += separator + signalText(signal)
    separator = ','
  }
  texts.push(`${text}]]`)
  return bytesOfTexts(texts)
}

export function fromResourceRow(text: string): ResourceMemory {
  const row = JSON.parse(text) as Row
  if (row[0] !== 1 && row[0] !== 2) {
    const message = `unknown resource row format ${String(row[0])}`
    throw new FleetError('CHANGELOG_UNREADABLE', 'fatal', message)
  }
  const [registers, signals] = row[0] === 1 ? [row[2], row[3]] : [row[3], row[4]]
  return {
    version: row[1],
    registers: new Map(registers.map(each => [each[0], toRegister(each)])),
    signals:
      signals.length === 0 ? noSignals : new Map(signals.map(each => [each[0], toSignal(each)])),
  }
}

/** What `newestAt` says of the row's resource, without reading all of it. */
export function newestAtOfRow(text: string): number {
  if (!text.startsWith(head2)) return newestAt(fromResourceRow(text))
  const start = text.indexOf(',', head2.length) + 1
  const said = text.slice(start, text.indexOf(',', start))
  const time = said === 'null' ? -Infinity : Number(said)
  if (Number.isNaN(time) || start === 0 || !text.endsWith(']]')) {
    throw new FleetError('CHANGELOG_UNREADABLE', 'fatal', 'no row of a resource')
  }
  return time
}

/** Whether a row fits into `bytesMax`; looks at sizes first, because nearly all rows are small. */
export function rowFits(memory: ResourceMemory, bytesMax: number): boolean {
  let characters = 0
  for (const { data_json, event_id, event_type } of memory.registers.values()) {
    characters += data_json.length + event_id.length + event_type.length + registerExtra
  }
  for (const { latest, value } of memory.signals.values()) {
    const { code, name, group, status, error_type, error_code } = latest.signal
    characters += code.length + lengthOf(name) + lengthOf(group) + status.length + signalExtra
    characters += lengthOf(error_type) + lengthOf(error_code) + latest.eventId.length
    if (value === null) continue
    characters += value.eventId.length + lengthOf(value.valueJson) + lengthOf(value.unit)
  }
  // JSON takes at most six bytes for a character of a text.
  return characters * 6 + 4096 <= bytesMax || toResourceRow(memory).length <= bytesMax
}

/** Numbers, nulls and punctuation, at a sixth of their bytes. */
const registerExtra = 20
const signalExtra = 40

function lengthOf(text: string | null): number {
  return text === null ? 0 : text.length
}

function timeText(time: number): string {
  return Number.isFinite(time) ? microsText(time) : 'null'
}

function quoted(text: string | null): string {
  return text === null ? 'null' : jsonText(text)
}

/**
 * Up to its data, which follows as it is: `data_json` was made by JSON.stringify, so reading it and
 * writing it again gives the same text.
 */
function registerHead(domain: Domain, register: Register): string {
  const { event_id, event_type, occurred_at, effective_at, rank } = register
  const names = `"${domain}",${quoted(event_id)},${quoted(event_type)}`
  const times = `${microsText(occurred_at)},${microsText(effective_at)}`
  return `[${names},${times},${rank},`
}

function toRegister(row: RegisterRow): Register {
  const [, event_id, event_type, occurred_at, effective_at, rank, data] = row
  const data_json = JSON.stringify(data)
  return { event_id, event_type, occurred_at, effective_at, rank, data_json }
}

function signalText({ latest, value }: SignalRegister): string {
  const { code, name, group, status, error_type, error_code, observed_at } = latest.signal
  const names = `${quoted(code)},${quoted(name)},${quoted(group)},${quoted(status)}`
  const errors = `${quoted(error_type)},${quoted(error_code)}`
  const order = `${observed_at},${latest.orderAt},${quoted(latest.eventId)}`
  return `[${names},${errors},${order},${value === null ? 'null' : valueText(value)}]`
}

function valueText(value: NonNullable<SignalRegister['value']>): string {
  const { orderAt, eventId, observedAt, valueJson, unit } = value
  return `[${orderAt},${quoted(eventId)},${observedAt},${quoted(valueJson)},${quoted(unit)}]`
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
