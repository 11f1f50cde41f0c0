// The declarations of our own sinks are worth what the observation is worth: it must see every way in
// which a stage can look at a value.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@fleet/contracts'
import type { BillingEvent, JournalEntry, ReservationEvent } from '@fleet/contracts'
import { KeyedState } from '@fleet/stage'
import type { Decision, Input, KeyedChange, StageDeclaration } from '@fleet/stage'
import { observeReads } from '../../infra/schemas/observed-reads.ts'

type Fact = Record<string, unknown>
type Decided = Decision<KeyedChange<Fact>>

function readsOf(decide: (value: unknown, input: Input) => Partial<Decided>, topic = reservation) {
  const declaration: StageDeclaration<KeyedState<Fact>, KeyedChange<Fact>> = {
    name: 'crm-sink',
    inputs: [topic],
    outputs: [topics.crm],
    createState: () => new KeyedState<Fact>(),
    decide: (_, input) => ({
      verdict: 'published',
      changes: [],
      emit: [],
      ...decide(input.value, input),
    }),
  }
  return [...(observeReads(declaration).get(topic) ?? [])].toSorted()
}

const reservation = topics.events.reservation

const ways: readonly [string, (event: ReservationEvent) => unknown, readonly string[]][] = [
  ['nothing', () => null, []],
  ['a member', event => event.reason, ['reason']],
  ['a member by destructuring', ({ source }) => source, ['source']],
  ['a part of a record', event => event.resource.id, ['resource', 'resource.id']],
  ['a part of what may be null', event => event.amount?.currency, ['amount', 'amount.currency']],
  ['one attribute of the map', event => event.attributes['data.amount'], ['attributes']],
  [
    'a record as JSON',
    event => JSON.stringify(event.resource),
    ['resource', 'resource.id', 'resource.type'],
  ],
  [
    'a copy of a record',
    event => ({ ...event.resource }),
    ['resource', 'resource.id', 'resource.type'],
  ],
  [
    'only after another member said so',
    event => event.mode === 'TEST' && event.reason,
    ['mode', 'reason'],
  ],
  [
    'only of one event type',
    event => event.event_type === 'reservation.no_show' && event.ends_at,
    ['ends_at', 'event_type'],
  ],
  ['what no schema has', event => (event as unknown as Fact)['colour'], []],
]

for (const [what, look, expected] of ways) {
  test(`a stage that looks at ${what} reads ${expected.join(', ') || 'nothing'}`, () => {
    const reads = readsOf(value => {
      look(value as ReservationEvent)
      return {}
    })
    assert.deepEqual(reads, expected)
  })
}

test('what is passed on into an output or kept in the state is read', () => {
  const resource = ['resource', 'resource.id', 'resource.type']
  const emitted = readsOf((value, { key }) => {
    const { resource: origin } = value as ReservationEvent
    return { emit: [{ topic: topics.crm, key, value: { origin } as never }] }
  })
  assert.deepEqual(emitted, resource)
  const kept = readsOf((value, { key }) => {
    const { resource: seen } = value as ReservationEvent
    return { changes: [{ key, value: { seen } }] }
  })
  assert.deepEqual(kept, resource)
})

test('items of lists are told apart from their list', () => {
  const reads = readsOf(value => {
    for (const { account } of (value as JournalEntry).lines) void account
    return {}
  }, topics.accounting)
  assert.deepEqual(reads, ['lines', 'lines[].account'])
})

test('a stage that can not decide about a value its schema allows is a defect, not a reading', () => {
  const failing = () =>
    readsOf(value => {
      if ((value as BillingEvent).event_type.endsWith('refund_processed')) throw new Error('no')
      return {}
    }, topics.events.billing)
  assert.throws(failing, /no/)
})
