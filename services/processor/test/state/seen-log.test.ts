import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { SeenId } from '../../src/core/seen-id.ts'
import { ProcessorState } from '../../src/state/processor-state.ts'
import type { SeenLogOptions } from '../../src/state/seen-log.ts'

const windowMs = 1000
const plenty: SeenLogOptions = { windowMs, idsMax: 5_000_000 }

function idOf(n: number): SeenId {
  return [Math.imul(n, 0x9e37_79b1) >>> 0, n, 0, 0]
}

type LogRecord = { key: string; value: Buffer | null }

/** A state with the log it has written. */
class Logged {
  readonly log: LogRecord[] = []
  readonly options: SeenLogOptions
  state: ProcessorState

  constructor(options: SeenLogOptions) {
    this.options = options
    this.state = new ProcessorState(options)
  }

  /** The ids are seen one by one, `stepMs` apart, the last of them at `nowMs`. */
  transaction(nowMs: number, ids: readonly number[], stepMs = 0): void {
    ids.forEach((n, at) => {
      const firstSeenMs = nowMs - (ids.length - 1 - at) * stepMs
      this.state.stage({ kind: 'seen', entry: { id: idOf(n), firstSeenMs, fingerprint: n } })
    })
    this.state.advance(nowMs)
    this.log.push(...this.state.pending())
    this.state.commit()
  }

  rows(): Map<string, Buffer> {
    const rows = new Map<string, Buffer>()
    for (const { key, value } of this.log) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
    return rows
  }

  restoredFrom(log: readonly LogRecord[]): ProcessorState {
    const state = new ProcessorState(this.options)
    for (const { key, value } of log) state.restore(key, value)
    return state
  }
}

test('each transaction writes one small record; the 256th merges them into one block', () => {
  const logged = new Logged(plenty)
  for (let n = 0; n < 255; n++) logged.transaction(n, [n])
  assert.equal(logged.log.length, 255)
  assert.equal(logged.rows().size, 255)
  logged.transaction(255, [255])
  assert.equal(logged.rows().size, 1)
  assert.equal(logged.rows().get('s/0')?.length, 1 + 256 * 28)
  logged.transaction(256, [256])
  assert.deepEqual([...logged.rows().keys()], ['s/0', 's/255'])
})

test('small records are merged before they hold 4,096 ids', () => {
  const logged = new Logged(plenty)
  const thousand = Array.from({ length: 1000 }, (_, n) => n)
  for (let batch = 0; batch < 4; batch++) {
    logged.transaction(
      batch,
      thousand.map(n => batch * 1000 + n),
    )
  }
  assert.equal(logged.rows().size, 4)
  logged.transaction(
    5,
    thousand.slice(0, 96).map(n => 4000 + n),
  )
  assert.equal(logged.rows().size, 1)
})

test('a transaction without new ids writes nothing', () => {
  const logged = new Logged(plenty)
  logged.transaction(1, [1])
  logged.transaction(2, [])
  assert.equal(logged.log.length, 1)
})

test('a huge transaction is written in records far below the limit of a record', () => {
  const logged = new Logged(plenty)
  logged.transaction(
    1,
    Array.from({ length: 50_000 }, (_, n) => n),
  )
  for (const { value } of logged.log) assert.ok((value?.length ?? 0) < 256 * 1024)
  const restored = logged.restoredFrom(logged.log)
  assert.equal(restored.sighting(idOf(49_999))?.fingerprint, 49_999)
})

test('a record all of whose ids are out of the window gets a tombstone', () => {
  const logged = new Logged({ ...plenty, merge: { runs: 3, ids: 100 } })
  for (let n = 0; n < 10; n++) logged.transaction(n * 100, [n])
  logged.transaction(10_000, [10])
  assert.equal(logged.rows().size, 1)
  assert.deepEqual(logged.state.sizes()['seen_ids'], 1)
})

test('a block merged from a run that was partly out of the window is kept for its last id', () => {
  const logged = new Logged({ ...plenty, merge: { runs: 3, ids: 100 } })
  logged.transaction(900, [0, 1], 900)
  logged.transaction(1050, [2])
  logged.transaction(1060, [3])
  logged.transaction(2055, [4])
  const restored = logged.restoredFrom(logged.log)
  assert.equal(restored.sighting(idOf(3))?.firstSeenMs, 1060)
})

test('beyond the ceiling the oldest ids are shed, and counted when before their time', () => {
  const logged = new Logged({ windowMs, idsMax: 5 })
  for (let n = 0; n < 8; n++) logged.transaction(n, [n])
  assert.equal(logged.state.sizes()['seen_ids'], 5)
  assert.equal(logged.state.sizes()['seen_ids_shed'], 3)
  assert.equal(logged.state.sighting(idOf(2)), undefined)
  assert.equal(logged.state.sighting(idOf(3))?.fingerprint, 3)
  assert.equal(logged.rows().size, 5)
  logged.transaction(10_000, [8])
  assert.equal(logged.state.sizes()['seen_ids_shed'], 3)
})

test('the ceiling counts staged ids too: no decision depends on the size of a batch', () => {
  const logged = new Logged({ windowMs, idsMax: 5 })
  logged.transaction(1, [0, 1, 2, 3, 4])
  for (let n = 5; n < 12; n++) {
    const entry = { id: idOf(n), firstSeenMs: 1, fingerprint: n }
    logged.state.stage({ kind: 'seen', entry })
    assert.equal(logged.state.sighting(idOf(n - 5)), undefined)
    assert.equal(logged.state.sighting(idOf(n - 4))?.fingerprint, n - 4)
  }
})

test('what is staged is found at once, and is gone with a state that is thrown away', () => {
  const logged = new Logged(plenty)
  logged.state.stage({ kind: 'seen', entry: { id: idOf(1), firstSeenMs: 1, fingerprint: 7 } })
  assert.equal(logged.state.sighting(idOf(1))?.fingerprint, 7)
  logged.state.pending()
  assert.equal(logged.state.sizes()['seen_ids'], 0)
  assert.equal(logged.restoredFrom(logged.log).sighting(idOf(1)), undefined)
})

/** Some transactions: how much later, and how many ids, of few so that they come again. */
const transactions = fc.array(fc.tuple(fc.nat(400), fc.array(fc.nat(60), { maxLength: 5 })), {
  maxLength: 60,
})

test('any compaction of the changelog restores the same memory', () => {
  const options = { windowMs, idsMax: 40, merge: { runs: 4, ids: 12 } }
  fc.assert(
    fc.property(
      transactions,
      fc.array(fc.tuple(fc.nat(59), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())),
      (steps, restarts) => {
        const plain = new Logged(options)
        const restarted = new Logged(options)
        let nowMs = 1_700_000_000_000
        steps.forEach(([laterMs, ids], at) => {
          const restart = restarts.find(([step]) => step === at)
          if (restart !== undefined) {
            const [, share, keepsTombstones] = restart
            const log = compactedUpTo(share, keepsTombstones, restarted.log)
            restarted.state = restarted.restoredFrom(log)
          }
          nowMs += laterMs + ids.length * 60
          for (let n = 0; n <= 60; n++) {
            const inTime = (state: ProcessorState) => {
              const found = state.sighting(idOf(n))
              return found !== undefined && nowMs - found.firstSeenMs <= windowMs ? found : null
            }
            assert.deepEqual(inTime(restarted.state), inTime(plain.state), `id ${n}, step ${at}`)
          }
          plain.transaction(nowMs, ids, 60)
          restarted.transaction(nowMs, ids, 60)
        })
      },
    ),
    { numRuns: 300 },
  )
})

/** As a cleaner leaves it that has come up to some point: only the newest of each key before it. */
function compactedUpTo(
  share: number,
  keepsTombstones: boolean,
  log: readonly LogRecord[],
): LogRecord[] {
  const end = Math.floor(share * log.length)
  const newest = new Map(log.slice(0, end).map(({ key }, at) => [key, at]))
  return log.filter(({ key, value }, at) => {
    if (at >= end) return true
    return newest.get(key) === at && (value !== null || keepsTombstones)
  })
}

test('a record that is no block, or of an unknown key, stops the process', () => {
  const fatal = { code: 'CHANGELOG_UNREADABLE', fate: 'fatal' }
  assert.throws(() => new ProcessorState(plenty).restore('x/1', Buffer.from('1')), fatal)
  const state = new ProcessorState(plenty)
  state.restore('s/1', Buffer.from('no block'))
  assert.throws(() => state.sighting(idOf(1)), fatal)
})
