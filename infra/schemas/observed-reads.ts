// Which fields a stage really reads: it is driven with values the schemas allow, and every value notes
// what is looked at, also what is only passed on into an output or kept in the state.

import { domains, topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { fieldsOf, schemaArbitrary } from '@fleet/contract-kit'
import type { Fields, Overrides } from '@fleet/contract-kit'
import { knownEventTypes } from '@fleet/sources'
import { driveStage } from '@fleet/stage'
import type { StageDeclaration, TaskState } from '@fleet/stage'
import * as fc from 'fast-check'
import { currentSchema } from './released.ts'

/** Paths by topic. */
export type ObservedReads = Map<Topic, Set<string>>

/**
 * Enough that every branch of our sinks is taken, also one behind three members that may each be null:
 * four times as many found nothing more.
 * The seed is the place of the type, so that it is the same every time and other values for every type.
 */
const samplesOfType = 40

export function observeReads<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
): ObservedReads {
  const reads: ObservedReads = new Map()
  const driver = driveStage(declaration)
  let at = 0
  for (const topic of declaration.inputs) {
    if (topic.schema === null) continue
    const schema = currentSchema(topic.schema)
    const fields = fieldsOf(schema)
    const noted = new Set<string>()
    for (const value of valuesOf(topic, schema)) {
      const watched = watch(value, '', fields, noted)
      const piped = { key: keyOf(value), value: watched, timestampMs: baseMs + 1000 * at++ }
      // It throws where a stage can't decide about a value its schema allows: a defect of the stage.
      const { changes, emit } = driver.pipe(topic, piped)
      // The codec reads what stands in an output, the changelog what stands in a change.
      JSON.stringify({ changes, values: emit.map(each => each.value) })
    }
    if (declaration.tick !== undefined) driver.tick(baseMs + 1000 * at)
    reads.set(topic, noted)
  }
  return reads
}

const baseMs = Date.UTC(2026, 5, 1)

function keyOf(value: Record<string, unknown>): string {
  return typeof value['tenant_id'] === 'string' ? `${value['tenant_id']}/reservation/R1` : 'demo'
}

/** Every event type of the topic, a type nobody knows, and what the schema allows beside it. */
function valuesOf(topic: Topic, schema: string): Record<string, unknown>[] {
  return typesOf(topic).flatMap((eventType, seed) =>
    fc.sample(
      schemaArbitrary(fc, schema, {
        ...shared,
        ...special[topic.schema ?? ''],
        event_type: fc.constant(eventType),
      }),
      { numRuns: samplesOfType, seed },
    ),
  )
}

const micros = fc.integer({ min: baseMs * 1000, max: (baseMs + 3_600_000) * 1000 })
const ids = fc.constantFrom('I1', 'I2', 'I3')

const amountArbitrary = fc.record({
  amount_minor: fc.constantFrom(0, 1, 1999, 250_000, -500),
  currency: fc.constantFrom('EUR', 'USD', 'JPY'),
})

const attributesArbitrary = fc.dictionary(
  fc.constantFrom('data.amount', 'data.status', 'data.outcome', 'data.priority'),
  fc.constantFrom('"12.30"', '"open"', '1'),
  { noNullPrototype: true },
)

/** What makes a value take the paths that any text would not. */
const shared: Overrides = {
  tenant_id: fc.constant('demo'),
  effective_at: micros,
  occurred_at: micros,
  mode: fc.constantFrom('LIVE', 'LIVE', 'LIVE', 'TEST'),
  customer_id: fc.option(ids),
  refund_of: fc.option(ids),
  charge_id: fc.option(ids),
  attributes: attributesArbitrary,
  amount: fc.option(amountArbitrary),
}

/** By record. */
const special: Readonly<Record<string, Overrides>> = {
  AlertSignal: {
    kind: fc.constantFrom('EVENT', 'EVENT', 'ACTIVITY', 'TICK'),
    domain: fc.constantFrom(...domains),
    tick_at: micros,
  },
  LedgerControl: {
    kind: fc.constantFrom('CLOSE_PERIOD', 'USE_CHART'),
    period: fc.constantFrom('2026-01', '2026-02'),
  },
}

function typesOf(topic: Topic): string[] {
  const known = [...knownEventTypes.keys()]
  const own = known.filter(type => {
    const domain = knownEventTypes.get(type)
    return domain !== undefined && topics.events[domain] === topic
  })
  return [...(own.length > 0 ? own : known), 'reservation.of_another_kind']
}

/** A view of the value that notes the paths of the schema through which it is read. */
function watch(value: unknown, path: string, fields: Fields, noted: Set<string>): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const isMap = fields.get(path)?.ownType.startsWith('map<') === true
  return new Proxy(value, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver) as unknown
      if (typeof name !== 'string') return member
      if (Array.isArray(target)) {
        return /^\d+$/.test(name) ? watch(member, `${path}[]`, fields, noted) : member
      }
      const below = isMap ? `${path}{}` : path === '' ? name : `${path}.${name}`
      if (fields.has(below)) noted.add(below)
      return watch(member, below, fields, noted)
    },
  })
}
