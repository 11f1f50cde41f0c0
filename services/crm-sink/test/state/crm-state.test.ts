import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { resourceKey, topics } from '@fleet/contracts'
import type { CrmRecord } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import type { StageDriver } from '@fleet/stage'

import type { CrmChange } from '../../src/core/memory.ts'
import { crmSink } from '../../src/index.ts'
import { CrmState } from '../../src/state/crm-state.ts'
import { buildEvent, noonMicros } from '../build-event.ts'

const dayMs = 86_400_000
const startMs = noonMicros / 1000

type Task = StageDriver<CrmState, CrmChange>

/** One event of a reservation, so many days after the first. */
function pipe(
  task: Task,
  day: number,
  id: string,
  given: Record<string, unknown> = {},
): CrmRecord[] {
  const before = task.outputs(topics.crm).length
  const resource = { type: 'reservation', id }
  const { event } = buildEvent('reservation', 'reservation.updated', {
    resource,
    event_id: `${id}-${day}-${before}`,
    ...given,
  })
  task.pipe(topics.events.reservation, {
    key: resourceKey('demo', 'reservation', id),
    value: event,
    timestampMs: startMs + day * dayMs,
  })
  return task
    .outputs(topics.crm)
    .slice(before)
    .map(({ value }) => value as CrmRecord)
}

describe('the memory of the CRM sink', () => {
  test('follows what is in use, not all resources ever seen, and the changelog with it', () => {
    const task = driveStage(crmSink({ stateHorizonDays: 10 }))
    const sizes: number[] = []
    for (let day = 0; day < 200; day++) {
      for (let n = 0; n < 5; n++) pipe(task, day, `R${day}-${n}`, { customer_id: 'C' })
      for (let n = 0; n < 5; n++) pipe(task, day, `U${day}-${n}`)
      const { keys = 0, unresolved = 0 } = task.state.sizes()
      sizes.push(keys + unresolved)
    }
    // Eleven days and the present one, twenty facts each: customers, entities, unresolved records.
    assert.ok(Math.max(...sizes) <= 12 * 20, `${Math.max(...sizes)}`)
    assert.ok(task.changelog().length <= 12 * 20)
    task.restart()
    const { keys = 0, unresolved = 0 } = task.state.sizes()
    assert.equal(keys + unresolved, sizes.at(-1))
  })

  test('keeps what events go on touching, without writing it more than once a day', () => {
    const task = driveStage(crmSink({ stateHorizonDays: 10 }))
    pipe(task, 0, 'R', { customer_id: 'C', attributes: { 'data.status': '"held"' } })
    for (let day = 1; day < 40; day += 8) {
      assert.equal(pipe(task, day, 'R')[0]?.status, 'held')
      const again = task.changelog()
      pipe(task, day, 'R', { disposition: 'SUPERSEDED' })
      assert.deepEqual(task.changelog(), again)
      task.restart()
    }
  })

  test('forgets what is out of use also after a restart, whatever was kept first', () => {
    const task = driveStage(crmSink({ stateHorizonDays: 10 }))
    pipe(task, 0, 'R', { customer_id: 'C' })
    for (let n = 0; n < 5; n++) pipe(task, 0, `R${n}`, { customer_id: 'C' })
    pipe(task, 8, 'R')
    task.restart()
    pipe(task, 11, 'other', { customer_id: 'C' })
    // Customer and entity of R and of the other one.
    assert.equal(task.state.sizes()['keys'], 4)
  })

  test('the day of a fact is exact: the horizon itself is kept, the day behind it is not', () => {
    for (const [day, resolution] of [
      [10, 'COMPLETED'],
      [11, 'UNRESOLVED'],
    ] as const) {
      const task = driveStage(crmSink({ stateHorizonDays: 10 }))
      pipe(task, 0, 'R', { customer_id: 'C' })
      // Another resource moves the time: whether the fact is gone by then must make no difference.
      if (day === 11) pipe(task, day, 'other')
      assert.equal(pipe(task, day, 'R')[0]?.customer_resolution, resolution)
    }
  })

  describe("the taxonomy's words", () => {
    const wordsOf = ([record]: CrmRecord[]) => [
      record?.category,
      record?.taxonomy_category,
      record?.category_match,
    ]
    const reason = { reason: 'changed mind' }

    for (const isRestarted of [false, true]) {
      test(`are those of the newest event that said them${isRestarted ? ', also after a restart' : ''}`, () => {
        const task = driveStage(crmSink({ stateHorizonDays: 10 }))
        const later = (given: Record<string, unknown>): CrmRecord[] => {
          if (isRestarted) task.restart()
          return pipe(task, 1, 'R', given)
        }
        const said = ['changed mind', 'customer_canceled', 'TAXONOMY']
        const carried = [null, 'customer_canceled', 'TAXONOMY']
        assert.deepEqual(wordsOf(later({})), [null, null, null])
        assert.deepEqual(wordsOf(later(reason)), said)
        assert.deepEqual(wordsOf(later({})), carried)
        assert.deepEqual(wordsOf(later({ reason: '' })), ['', ...carried.slice(1)])
        // What lost, and a type nobody knows, say their own and change nothing.
        const late = { disposition: 'SUPERSEDED', reason: 'overbooked' }
        assert.deepEqual(wordsOf(later(late)), ['overbooked', 'double_booking', 'TAXONOMY'])
        assert.deepEqual(wordsOf(later({ disposition: 'SUPERSEDED' })), [null, null, null])
        const unknown = { event_type: 'reservation.moved', reason: 'overbooked' }
        assert.deepEqual(wordsOf(later(unknown)), ['overbooked', 'double_booking', 'TAXONOMY'])
        assert.deepEqual(wordsOf(later({})), carried)
        // A word that is not ours replaces one that is, and so does what a type implies.
        assert.deepEqual(wordsOf(later({ reason: 'mood' })), ['mood', null, 'UNKNOWN'])
        assert.deepEqual(wordsOf(later({})), [null, null, 'UNKNOWN'])
        const noShow = { event_type: 'reservation.no_show' }
        assert.deepEqual(wordsOf(later(noShow)), [null, 'no_show', 'IMPLIED'])
        assert.deepEqual(wordsOf(later({})), [null, 'no_show', 'IMPLIED'])
      })
    }

    test('are forgotten with their entity', () => {
      for (const [day, word] of [
        [10, 'customer_canceled'],
        [11, null],
      ] as const) {
        const task = driveStage(crmSink({ stateHorizonDays: 10 }))
        pipe(task, 0, 'R', reason)
        assert.equal(pipe(task, day, 'R')[0]?.taxonomy_category, word)
      }
    })

    test('cost a bounded number of bytes, however long the words that were sent', () => {
      const task = driveStage(crmSink())
      const sizeWith = (given: Record<string, unknown>): number => {
        pipe(task, 0, 'R', { customer_id: 'C', ...given })
        return task.changelog().reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      }
      const without = sizeWith({})
      assert.ok(sizeWith({ reason: 'x'.repeat(300_000) }) < without + 100)
      assert.ok(sizeWith(reason) < without + 100)
    })

    test('of a changelog from before they were kept, are null until an event says them', () => {
      const task = driveStage(crmSink())
      const fact = { kind: 'entity', status: 'held', at: 1, offset: 0, deleted: false }
      const value = Buffer.from(JSON.stringify(fact))
      task.state.restore('demo/reservation/R#reservation/R', value)
      const [record] = pipe(task, 0, 'R')
      assert.equal(record?.status, 'held')
      assert.deepEqual(wordsOf([record]), [null, null, null])
      pipe(task, 0, 'R', reason)
      assert.equal(pipe(task, 0, 'R')[0]?.taxonomy_category, 'customer_canceled')
    })
  })

  test('facts of a changelog from before they had a day begin their time now', () => {
    const state = new CrmState({ horizonDays: 10, unresolvedMax: 10 })
    for (let n = 0; n < 3; n++) {
      state.restore(
        `demo/reservation/${n}#customer`,
        Buffer.from(JSON.stringify({ kind: 'customer', customerId: 'C', effectiveAt: 1 })),
      )
    }
    state.advance(startMs)
    assert.equal(state.pending().length, 3)
    state.commit()
    state.advance(startMs + 10 * dayMs)
    assert.deepEqual(state.pending(), [])
    state.advance(startMs + 11 * dayMs)
    assert.deepEqual(
      state.pending().map(({ value }) => value),
      [null, null, null],
    )
    assert.equal(state.sizes()['keys'], 0)
  })

  test('unresolved records are bounded by task and by resource; the oldest are given up', () => {
    const task = driveStage(crmSink({ unresolvedMax: 150 }))
    for (let n = 0; n < 120; n++) pipe(task, 0, 'R')
    assert.equal(task.state.sizes()['unresolved'], 100)
    for (let n = 0; n < 60; n++) pipe(task, 0, `other-${n}`)
    const { unresolved, unresolved_given_up: givenUp } = task.state.sizes()
    assert.deepEqual([unresolved, givenUp], [150, 10])
    task.restart()
    const records = pipe(task, 0, 'R', { customer_id: 'C' })
    assert.equal(records.length, 91)
    assert.equal(task.state.sizes()['unresolved'], 60)
  })

  test('a record too large to be kept stays unresolved for good, and is never a status again', () => {
    const task = driveStage(crmSink())
    pipe(task, 0, 'R', { attributes: { 'data.status': '"held"' } })
    const attributes = { 'data.status': '"canceled"' }
    const large = pipe(task, 0, 'R', { reason: '"'.repeat(299_000), attributes })
    assert.deepEqual(
      large.map(({ action, status, customer_resolution }) => [action, status, customer_resolution]),
      [['UPSERT', 'canceled', 'UNRESOLVED']],
    )
    assert.ok(task.changelog().every(({ value }) => (value?.length ?? 0) < 25_000))
    task.restart()
    // The one before it is completed, as history: what replaced it stands in the topic already.
    const records = pipe(task, 0, 'R', { customer_id: 'C', disposition: 'SUPERSEDED' })
    assert.deepEqual(
      records.map(({ action, customer_resolution }) => [action, customer_resolution]),
      [
        ['HISTORY', 'COMPLETED'],
        ['HISTORY', 'KNOWN'],
      ],
    )
    assert.equal(task.state.sizes()['unresolved'], 0)
  })

  test('the largest record that is kept has a changelog record far below what the broker takes', () => {
    const task = driveStage(crmSink())
    for (const letter of ['"', '\u0001', '\ud800', '語', 'a']) {
      for (let length = 1_000; length < 9_000; length += 250) {
        pipe(task, 0, `${letter.charCodeAt(0)}-${length}`, { reason: letter.repeat(length) })
      }
    }
    const sizes = task.changelog().map(({ value }) => value?.length ?? 0)
    const largest = Math.max(...sizes)
    assert.ok(largest > 8_192 && largest <= 3 * 8_192 + 1_000, `${largest}`)
  })
})

describe('contacts', () => {
  const horizonDays = 10

  /** One event of the contact, so many days after the first. */
  function tell(task: Task, day: number, action: string, given: object = {}): CrmRecord | null {
    const before = task.outputs(topics.crm).length
    const { event } = buildEvent('customer', `customer.${action}`, {
      event_id: `${action}-${day}`,
      effective_at: noonMicros + day,
      ...given,
    })
    const key = resourceKey('demo', 'customer', 'R1')
    const timestampMs = startMs + day * dayMs
    task.pipe(topics.events.customer, { key, value: event, timestampMs })
    return (task.outputs(topics.crm)[before]?.value as CrmRecord | undefined) ?? null
  }

  for (const isRestarted of [false, true]) {
    test(`are never forgotten${isRestarted ? ', also not by a restart' : ''}`, () => {
      const task = driveStage(crmSink({ stateHorizonDays: horizonDays }))
      const later = (): void => {
        if (isRestarted) task.restart()
      }
      tell(task, 0, 'created', { attributes: { 'data.status': '"blocked"' } })
      later()
      assert.equal(tell(task, 401, 'updated')?.status, 'blocked')
      assert.equal(tell(task, 402, 'deleted')?.action, 'ERASE')
      later()
      const late = { disposition: 'SUPERSEDED', effective_at: noonMicros - 1 }
      assert.equal(tell(task, 1_000, 'updated', late), null)
      later()
      assert.equal(tell(task, 2_000, 'updated')?.status, 'created')
      assert.equal(task.state.sizes()['contacts'], 1)
    })
  }

  test('do not keep what stands behind them from being forgotten', () => {
    const task = driveStage(crmSink({ stateHorizonDays: horizonDays }))
    tell(task, 0, 'created')
    for (let n = 0; n < 5; n++) pipe(task, 0, `R${n}`, { customer_id: 'C' })
    assert.deepEqual([task.state.sizes()['keys'], task.state.sizes()['contacts']], [10, 1])
    pipe(task, horizonDays + 1, 'other', { customer_id: 'C' })
    assert.deepEqual([task.state.sizes()['keys'], task.state.sizes()['contacts']], [2, 1])
  })

  test('of a changelog from before they were kept, with a day long past, stay as well', () => {
    const state = new CrmState({ horizonDays, unresolvedMax: 10 })
    const fact = { kind: 'entity', status: null, at: 1, deleted: true, day: 1 }
    state.restore('demo/customer/R1#contact/R1', Buffer.from(JSON.stringify(fact)))
    state.advance(startMs)
    assert.deepEqual(state.pending(), [])
    assert.deepEqual(state.sizes()['contacts'], 1)
  })
})
