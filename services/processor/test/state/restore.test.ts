// Restoring a task: as fast as it must be for a takeover, and what it says of itself before its first record.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { SeenId } from '../../src/core/seen-id.ts'
import { ProcessorState } from '../../src/state/processor-state.ts'

const options = { windowMs: 7 * 86_400_000, idsMax: 5_000_000 }
const million = 1_000_000

function idOf(n: number): SeenId {
  return [Math.imul(n, 0x9e37_79b1) >>> 0, Math.imul(n, 0x85eb_ca6b) >>> 0, n, 0]
}

/** The changelog of a million ids, as the cleaner leaves it, written in transactions of that size. */
function changelogOf(perTransaction: number): Map<string, Buffer> {
  const newest = new Map<string, Buffer>()
  const state = new ProcessorState(options)
  for (let n = 0; n < million; n++) {
    state.stage({ kind: 'seen', entry: { id: idOf(n), firstSeenMs: n, fingerprint: n } })
    if (n % perTransaction !== perTransaction - 1) continue
    state.advance(n)
    for (const { key, value } of state.pending()) {
      if (value === null) newest.delete(key)
      else newest.set(key, value)
    }
    state.commit()
  }
  return newest
}

for (const perTransaction of [500, 1]) {
  test(`a million ids are restored in a second of CPU, written by ${perTransaction} a transaction`, () => {
    const changelog = changelogOf(perTransaction)
    assert.ok(changelog.size <= million / 256 + 256, `${changelog.size} records`)
    const started = process.cpuUsage()
    const state = new ProcessorState(options)
    for (const [key, value] of changelog) state.restore(key, value)
    for (const _ of state.restored());
    const { user, system } = process.cpuUsage(started)
    assert.equal(state.sizes()['seen_ids'], million)
    assert.equal(state.sighting(idOf(0))?.firstSeenMs, 0)
    assert.equal(state.sighting(idOf(million - 1))?.firstSeenMs, million - 1)
    assert.equal(state.sighting(idOf(million)), undefined)
    assert.ok(user + system < 1_000_000, `${(user + system) / 1e6} s`)
  })
}

test('a restored state says what it holds before it has seen a record', () => {
  const before = new ProcessorState(options)
  before.stage({ kind: 'seen', entry: { id: idOf(1), firstSeenMs: 5, fingerprint: 1 } })
  before.advance(5)
  const state = new ProcessorState(options)
  for (const { key, value } of before.pending()) state.restore(key, value)
  for (const _ of state.restored());
  assert.equal(state.sizes()['seen_ids'], 1)
  assert.equal(state.oldestIdMs, 5)
})

test('an outdated record that can not be read does no harm, the newest of its key does', () => {
  const state = new ProcessorState(options)
  state.restore('s/0', Buffer.from('no block'))
  state.restore('r/a', Buffer.from('no row'))
  state.restore('x/1', null)
  state.restore('s/0', null)
  state.restore('r/a', Buffer.from('[2,1,5,[],[]]'))
  for (const _ of state.restored());
  assert.equal(state.resource('a')?.version, 1)
  const broken = new ProcessorState(options)
  broken.restore('r/a', Buffer.from('no row'))
  assert.throws(() => [...broken.restored()], { code: 'CHANGELOG_UNREADABLE', fate: 'fatal' })
})

test('no step of a restore is long: the process has other partitions', () => {
  const changelog = changelogOf(500)
  const state = new ProcessorState(options)
  for (const [key, value] of changelog) state.restore(key, value)
  let longestMs = 0
  let steps = 0
  let started = process.cpuUsage()
  for (const _ of state.restored()) {
    const { user, system } = process.cpuUsage(started)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    started = process.cpuUsage()
    steps++
  }
  assert.ok(steps >= 8, `${steps} steps`)
  assert.ok(longestMs < 200, `${longestMs} ms`)
})
