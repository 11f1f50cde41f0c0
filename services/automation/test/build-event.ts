// Normalized events for these tests, complete, with only what a test cares about given.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { resourceKey, topics } from '@fleet/contracts'
import type { Signal, Task, VehicleError } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import type { StageDriver } from '@fleet/stage'

import type { AutomationDomain } from '../src/core/automation-event.ts'
import type { TaskChange } from '../src/core/memory.ts'
import { automation, parsePolicies } from '../src/index.ts'
import type { Policies } from '../src/index.ts'
import type { TaskBook } from '../src/task-book.ts'

/** 2026-05-04T10:00:00Z. */
export const startMs = 1_777_888_800_000
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const defaultsFile = fileURLToPath(
  new URL('../../../infra/local/automation-policies.json', import.meta.url),
)

export function policiesOf(change: (file: PoliciesFile) => void = () => {}): Policies {
  const file = JSON.parse(readFileSync(defaultsFile, 'utf8')) as PoliciesFile
  change(file)
  const reading = parsePolicies(JSON.stringify(file))
  if (!reading.ok) throw new Error(reading.problems.join('; '))
  return reading.policies
}

interface PolicyFile {
  no_show?: Record<string, unknown>
  times?: Record<string, string | string[]>
}

export interface PoliciesFile {
  version: string
  defaults: PolicyFile
  tenants: Record<string, PolicyFile>
}

export interface Told {
  readonly type: string
  readonly id?: string
  readonly eventId?: string
  /** Milliseconds; when it happened. */
  readonly at?: number
  /** When it is appended; default as it happens. */
  readonly appendedAt?: number
  readonly superseded?: boolean
  readonly mode?: 'LIVE' | 'TEST'
  readonly tenant?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

const resourceTypes: Record<AutomationDomain, string> = {
  reservation: 'reservation',
  rental_session: 'rental_session',
  vehicle_availability: 'vehicle_availability',
  incident: 'incident',
  violation: 'violation',
  billing: 'charge',
  vehicle: 'vehicle',
}

const ownFields: Record<AutomationDomain, readonly string[]> = {
  reservation: ['customer_id', 'vehicle_id', 'location_id', 'reason', 'starts_at', 'amount'],
  rental_session: ['customer_id', 'vehicle_id', 'reservation_id', 'reason', 'due_at'],
  vehicle_availability: ['vehicle_id', 'calendar_id', 'reason', 'window_start', 'window_end'],
  incident: ['customer_id', 'vehicle_id', 'claim_id', 'severity', 'category', 'amount'],
  violation: ['customer_id', 'vehicle_id', 'violation_code', 'reason', 'amount'],
  billing: ['customer_id', 'charge_id', 'category', 'reason', 'amount'],
  vehicle: ['vehicle_id', 'user_id', 'make', 'model', 'year'],
}

export function domainOf(type: string): AutomationDomain {
  return type.slice(0, type.indexOf('.')) as AutomationDomain
}

let count = 0

export function eventOf(told: Told): Record<string, unknown> {
  const domain = domainOf(told.type)
  const micros = (told.at ?? startMs) * 1000
  const nulls = Object.fromEntries(ownFields[domain].map(name => [name, null]))
  const lists = domain === 'vehicle' ? { signals: [], errors: [], triggers: [] } : {}
  return {
    event_id: told.eventId ?? `e${++count}`,
    event_type: told.type,
    source: 'levy',
    source_event_type: told.type,
    tenant_id: told.tenant ?? 'acme',
    subaccount_id: null,
    resource: { type: resourceTypes[domain], id: told.id ?? 'X1' },
    occurred_at: micros,
    received_at: micros,
    effective_at: micros,
    processed_at: micros,
    disposition: (told.superseded ?? false) ? 'SUPERSEDED' : 'CURRENT',
    mode: told.mode ?? 'LIVE',
    attributes: {},
    ...nulls,
    ...lists,
    ...told.fields,
  }
}

export type Driver = StageDriver<TaskBook, TaskChange>

export function drive(policies: Policies = policiesOf()): Driver {
  return driveStage(automation({ tickMs: 1000, policies }))
}

/** Tasks this event gave. */
export function tell(driver: Driver, told: Told): Task[] {
  const domain = domainOf(told.type)
  const value = eventOf(told)
  const { type, id } = value['resource'] as { type: string; id: string }
  const key = resourceKey(told.tenant ?? 'acme', type, id)
  const timestampMs = told.appendedAt ?? told.at ?? startMs
  const { emit } = driver.pipe(topics.events[domain], { key, value, timestampMs })
  return emit.map(({ value: task }) => task as Task)
}

/** Tasks this tick moved. */
export function tick(driver: Driver, nowMs: number): Task[] {
  return driver.tick(nowMs).emit.map(({ value }) => value as Task)
}

/** Kind and state of each, in order. */
export function brief(tasks: readonly Task[]): string[] {
  return tasks.map(({ kind, state }) => `${kind} ${state}`)
}

export function signal(code: string, differences: Partial<Signal> = {}): Signal {
  return {
    code,
    name: null,
    group: null,
    status: 'SUCCESS',
    error_type: null,
    error_code: null,
    value_json: '1',
    unit: null,
    observed_at: startMs * 1000,
    won: true,
    ...differences,
  }
}

export function vehicleError(differences: Partial<VehicleError>): VehicleError {
  return {
    type: 'PERMISSION',
    code: null,
    state: 'ERROR',
    description: null,
    resolution: null,
    signals: [],
    ...differences,
  }
}
