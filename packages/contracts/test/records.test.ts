// The records as outsiders know them, in the notation of the contract: `?` is a union with null whose
// default is null, `ts` a long with logical type timestamp-micros. A change other than a new nullable
// field is a breaking change.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { recordFiles } from '../src/index.ts'

const resource = 'Resource{type string, id string}'
const lineage =
  'Lineage{raw_topic string, raw_partition int, raw_offset long, raw_timestamp ts, ' +
  'delivery_id string, part_index int, channel string, provenance_key_id string}'
const disposition = 'Disposition{CURRENT,SUPERSEDED}'
const money = 'Money{amount_minor long, currency string}'
const coordinates = 'Coordinates{topic string, partition int, offset long}'
const signalFields =
  'code string, name string?, group string?, status string, error_type string?, ' +
  'error_code string?, value_json string?, unit string?, observed_at ts, won boolean'

const common =
  'event_id string · event_type string · source string · source_event_type string · ' +
  `tenant_id string · subaccount_id string? · resource ${resource} · occurred_at ts · ` +
  'received_at ts · effective_at ts · processed_at ts · delivery_attempt int? · ' +
  `disposition ${disposition} · mode Mode{LIVE,TEST} · mapper_version string · ` +
  `lineage ${lineage} · attributes map<string>`

const strings = (names: string): string =>
  names
    .split(' ')
    .map(name => `${name} string?`)
    .join(' · ')

const records: Record<keyof typeof recordFiles, string> = {
  RawDelivery:
    'delivery_id string · tenant_id string · endpoint_id string · source string · ' +
    'channel Channel{WEBHOOK,POLL,SNAPSHOT,REPLAY} · received_at ts · remote_ip string? · ' +
    'headers map<string> · content_type string? · body bytes · body_sha256 fixed(32) · ' +
    'signature_scheme string? · signature_key_id string? · event_id string? · ' +
    'source_event_type string? · resource_type string? · resource_id string? · ' +
    'occurred_at ts? · delivery_attempt int? · part_index int · part_count int · ' +
    'unidentified_reason string? · identifier_version string · replay_id string? · ' +
    'body_key_id string?',
  ReservationEvent:
    `${common} · ${strings('customer_id vehicle_id location_id reason')} · ` +
    `starts_at ts? · ends_at ts? · amount ${money}?`,
  RentalSessionEvent:
    `${common} · ${strings('customer_id vehicle_id reservation_id reason')} · ` +
    'started_at ts? · due_at ts? · ended_at ts?',
  VehicleAvailabilityEvent:
    `${common} · ${strings('vehicle_id calendar_id reason')} · ` +
    'window_start ts? · window_end ts?',
  IncidentEvent:
    `${common} · ${strings('customer_id vehicle_id reservation_id rental_session_id')} · ` +
    `${strings('claim_id severity category')} · amount ${money}?`,
  ViolationEvent:
    `${common} · ${strings('customer_id vehicle_id rental_session_id violation_code reason')} · ` +
    `amount ${money}?`,
  BillingEvent:
    `${common} · ${strings('customer_id reservation_id rental_session_id charge_id')} · ` +
    `${strings('refund_of category reason')} · amount ${money}?`,
  CustomerEvent: `${common} · ${strings('customer_id name email phone locale')}`,
  LocationEvent: `${common} · ${strings('name address timezone')} · latitude double? · longitude double?`,
  VehicleEvent:
    `${common} · ${strings('vehicle_id user_id make model vin')} · year int? · ` +
    `triggers array<string> · signals array<Signal{${signalFields}}> · ` +
    'errors array<VehicleError{type string, code string?, state string?, ' +
    'description string?, resolution string?, signals array<string>}>',
  UnmappedEvent: common,
  ResourceState:
    `tenant_id string · resource ${resource} · version long · ` +
    'registers map<Register{event_id string, event_type string, occurred_at ts, ' +
    'effective_at ts, rank int, data_json string}> · ' +
    `signals map<SignalState{${signalFields}, event_id string, value_observed_at ts?}> · ` +
    `deleted boolean · updated_at ts · lineage ${lineage}`,
  CrmRecord:
    'record_id string · action string · entity_type string · entity_id string · ' +
    'tenant_id string · subaccount_id string? · customer_id string? · ' +
    'customer_resolution string · reservation_id string? · rental_session_id string? · ' +
    'severity string? · category string? · status string? · status_at ts? · ' +
    'event_id string · event_type string · occurred_at ts · effective_at ts · ' +
    `processed_at ts · disposition ${disposition} · origin ${coordinates} · ` +
    `${strings('taxonomy_version taxonomy_category category_match taxonomy_severity severity_match')} · ` +
    'history HistoryPlace{topic string, key string, partition int}? · completed_by string?',
  JournalEntry:
    'entry_id string · status string · tenant_id string · subaccount_id string? · ' +
    `category string · event_id string · event_type string · resource ${resource} · ` +
    'refund_of string? · currency string? · occurred_at ts · processed_at ts · ' +
    'period string · posted_period string · late boolean · ' +
    `lines array<Line{account string, side string, amount_minor long}> · origin ${coordinates} · ` +
    'chart_version string? · sequence long? · completes string? · charge_entry_id string? · ' +
    'excess_minor long?',
  LedgerControl:
    'control_id string · kind string · tenant_id string? · period string? · ' +
    'chart_version string? · reason string? · requested_by string? · requested_at ts',
  Alert:
    'dedup_key string · status string · detector string · severity string · ' +
    `tenant_id string? · subject ${resource}? · summary string · source string · ` +
    'component string · window_start ts · window_end ts · observed double · ' +
    'threshold double · event_time ts · event_ids array<string> · details map<string>',
  DeadLetter:
    'dead_letter_id string · stage string · error_code string · error_message string · ' +
    'causes array<string> · tenant_id string? · endpoint_id string? · event_id string? · ' +
    `event_type string? · origin ${coordinates} · origin_timestamp ts · origin_key bytes? · ` +
    'origin_value bytes? · origin_headers array<Header{name string, value bytes?}> · ' +
    'body bytes? · attempt int · replay_id string? · failed_at ts · trace_id string?',
  SecurityEvent:
    'reason string · endpoint_id string · tenant_id string? · remote_ip string · ' +
    'method string · path string · headers map<string> · body_sha256 fixed(32)? · ' +
    'body_bytes long · count long · first_at ts · last_at ts',
  Task:
    'task_id string · version long · workflow string · kind string · state string · ' +
    'title string · priority string · assignee_group string · tenant_id string · ' +
    `subaccount_id string? · resource ${resource} · subject string? · customer_id string? · ` +
    'due_at ts? · opened_at ts · updated_at ts · closed_at ts? · step int · steps int · ' +
    `policy_version string · policy_outcome string? · amount ${money}? · ` +
    'signal_available boolean? · event_id string · ' +
    `event_type string · occurred_at ts · effective_at ts · origin ${coordinates} · ` +
    'processed_at ts · history array<TaskHistory{at ts, state string, reason string, ' +
    'event_id string?, event_type string?}> · details map<string>',
  AlertSignal:
    'kind string · tenant_id string · event_id string? · event_type string? · ' +
    `domain string? · resource ${resource}? · disposition ${disposition}? · ` +
    `effective_at ts? · tick_at ts? · origin ${coordinates}? · ` +
    'vehicle_id string? · started_at ts? · due_at ts? · source string? · count long? · ' +
    `amount ${money}? · entry_id string? · sequence long?`,
}

interface Schema {
  type: string
  name: string
  namespace: string
  logicalType?: string
  size: number
  symbols: string[]
  items: unknown
  values: unknown
  fields: { name: string; type: unknown; default?: unknown }[]
}

function notation(type: unknown): string {
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return `${notation(type[1])}?`
  const schema = type as Schema
  if (schema.logicalType !== undefined) return 'ts'
  switch (schema.type) {
    case 'array':
      return `array<${notation(schema.items)}>`
    case 'map':
      return `map<${notation(schema.values)}>`
    case 'fixed':
      return `fixed(${schema.size})`
    case 'enum':
      return `${schema.name}{${schema.symbols.join(',')}}`
    default:
      return `${schema.name}{${fieldsOf(schema).join(', ')}}`
  }
}

function fieldsOf(schema: Schema): string[] {
  return schema.fields.map(({ name, type, default: value }) => {
    assert.notEqual(value, undefined, `${schema.name}.${name} has no default`)
    if (Array.isArray(type)) {
      assert.deepEqual([type[0], type.length, value], ['null', 2, null], `${schema.name}.${name}`)
    }
    return `${name} ${notation(type)}`
  })
}

for (const [name, expected] of Object.entries(records)) {
  test(`${name} has exactly its fields, each with a default`, () => {
    const file = recordFiles[name as keyof typeof recordFiles]
    const text = readFileSync(new URL(`../../../schemas/${file}`, import.meta.url), 'utf8')
    const schema = JSON.parse(text) as Schema
    assert.deepEqual([schema.type, schema.namespace, schema.name], ['record', 'fleet.v1', name])
    assert.deepEqual(fieldsOf(schema), expected.split(' · '))
    assert.doesNotMatch(text, /"\{/, 'the registry takes a text that starts with a brace for JSON')
  })
}
