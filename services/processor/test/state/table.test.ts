// Memory beside the state table: what has a row of its own in the changelog, and what is taken from the table.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ResourceState } from '@fleet/contracts'
import fc from 'fast-check'

import { emptyResource } from '../../src/core/resource-memory.ts'
import type { ResourceMemory } from '../../src/core/resource-memory.ts'
import { toResourceState } from '../../src/core/resource-state.ts'
import { ProcessorState } from '../../src/state/processor-state.ts'

const options = { windowMs: 1000, idsMax: 1000 }
const lineage = {
  raw_topic: 'raw',
  raw_partition: 0,
  raw_offset: 0,
  raw_timestamp: 0,
  delivery_id: '',
  part_index: 0,
  channel: 'WEBHOOK' as const,
  provenance_key_id: '',
}

function plain(version: number): ResourceMemory {
  const at = 1_700_000_000_000_000 + version
  const register = {
    event_id: `e${version}`,
    event_type: 'reservation.updated',
    occurred_at: at,
    effective_at: at,
    rank: 1,
    data_json: `{"version":${version},"attributes":{"note":"ü \\"quoted\\""}}`,
  }
  return { ...emptyResource, version, registers: new Map([['reservation', register]]) }
}

function withSignal(version: number): ResourceMemory {
  const observed_at = 1_700_000_000_000_000
  const signal = {
    code: 'odometer',
    name: null,
    group: null,
    status: 'ERROR' as const,
    error_type: 'UPSTREAM',
    error_code: null,
    observed_at,
  }
  const value = {
    orderAt: observed_at - 5,
    eventId: 'e0',
    observedAt: observed_at - 4,
    valueJson: '7',
    unit: 'km',
  }
  // Held back to its append time: the public state does not tell that.
  const latest = { orderAt: observed_at - 1, eventId: `e${version}`, signal }
  return { ...plain(version), signals: new Map([['odometer', { latest, value }]]) }
}

type Change = readonly [key: string, memory: ResourceMemory | null]

/** The logs of a task, compacted. */
class Logs {
  readonly changelog = new Map<string, Buffer>()
  readonly table = new Map<string, ResourceState>()

  commit(state: ProcessorState, changes: readonly Change[]): void {
    for (const [key, memory] of changes) {
      if (memory === null) {
        state.stage({ kind: 'drop', key })
        this.table.delete(key)
        continue
      }
      state.stage({ kind: 'resource', key, memory })
      const resource = { type: 'reservation', id: key }
      const facts = { tenantId: 't', resource, updatedAt: 0, lineage }
      this.table.set(key, toResourceState(memory, facts))
    }
    for (const { key, value } of state.pending()) {
      if (value === null) this.changelog.delete(key)
      else this.changelog.set(key, value)
    }
    state.commit()
  }

  restored(hasTable = true): ProcessorState {
    const state = new ProcessorState({ ...options, hasTable })
    for (const [key, value] of this.changelog) state.restore(key, value)
    if (hasTable) for (const [key, value] of this.table) state.restoreTable(key, () => value)
    for (const _ of state.restored());
    return state
  }
}

test('what the table tells has no row in the changelog, what it does not tell has one', () => {
  const logs = new Logs()
  logs.commit(logs.restored(), [
    ['a', plain(1)],
    ['v', withSignal(1)],
  ])
  assert.deepEqual([...logs.changelog.keys()], ['r/v'])
  const state = logs.restored()
  assert.deepEqual(state.resource('a'), plain(1))
  assert.deepEqual(state.resource('v'), withSignal(1))
  assert.equal(state.sizes()['resources'], 2)
})

test('a row that stands in the changelog needs no decoding of the table', () => {
  const logs = new Logs()
  logs.commit(logs.restored(), [['v', withSignal(1)]])
  const state = new ProcessorState({ ...options, hasTable: true })
  for (const [key, value] of logs.changelog) state.restore(key, value)
  state.restoreTable('v', () => assert.fail('was decoded'))
  for (const _ of state.restored());
  assert.deepEqual(state.resource('v'), withSignal(1))
})

test('where a changelog was given up, readings count from when they were observed', () => {
  const logs = new Logs()
  logs.commit(logs.restored(), [['v', withSignal(1)]])
  logs.changelog.clear()
  const state = logs.restored()
  const { latest, value } = state.resource('v')?.signals.get('odometer') ?? {}
  assert.deepEqual(latest, { ...latest, orderAt: 1_700_000_000_000_000, eventId: 'e1' })
  assert.equal(value?.valueJson, '7')
  logs.commit(state, [['v', withSignal(2)]])
  assert.deepEqual(logs.restored().resource('v'), withSignal(2))
})

test('a changelog of before, with a row of everything, is read; a row goes when its resource changes', () => {
  const logs = new Logs()
  logs.commit(logs.restored(false), [
    ['a', plain(1)],
    ['b', plain(1)],
    ['v', withSignal(1)],
  ])
  assert.equal(logs.changelog.size, 3)
  const state = logs.restored()
  assert.deepEqual(state.resource('a'), plain(1))
  logs.commit(state, [['a', plain(2)]])
  assert.deepEqual([...logs.changelog.keys()].toSorted(), ['r/b', 'r/v'])
  logs.commit(state, [
    ['a', plain(3)],
    ['b', null],
  ])
  assert.deepEqual([...logs.changelog.keys()], ['r/v'])
  const again = logs.restored()
  assert.deepEqual(again.resource('a'), plain(3))
  assert.equal(again.resource('b'), undefined)
})

test('whatever is committed and wherever it restarts, it remembers what one without a table does', () => {
  const what = fc.constantFrom('plain', 'signal', 'drop')
  const changes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), what), { maxLength: 4 })
  const step = fc.oneof(changes, fc.constantFrom('restart' as const, 'of-before' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const [logs, model] = [new Logs(), new Map<string, ResourceMemory>()]
      let state = logs.restored()
      let version = 0
      for (const each of steps) {
        if (each === 'restart') state = logs.restored()
        else if (each === 'of-before') {
          // As a release without the table leaves its changelog: a row of everything.
          logs.changelog.clear()
          logs.commit(new ProcessorState(options), [...model])
          state = logs.restored()
        } else {
          const batch = each.map(([key, kind]): Change => {
            version++
            if (kind === 'drop') return [key, null]
            return [key, kind === 'plain' ? plain(version) : withSignal(version)]
          })
          logs.commit(state, batch)
          for (const [key, memory] of batch) {
            if (memory === null) model.delete(key)
            else model.set(key, memory)
          }
        }
      }
      for (const end of [state, logs.restored()]) {
        assert.equal(end.sizes()['resources'], model.size)
        for (const key of ['a', 'b', 'c']) assert.deepEqual(end.resource(key), model.get(key), key)
        const all = [...model.keys()].toSorted()
        assert.deepEqual(end.outlived(Infinity, 10).toSorted(), all)
      }
    }),
    { numRuns: 300 },
  )
})
