import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { decodeSeenBlock, encodeSeenBlock, seenEntryBytes } from '../../src/core/seen-block.ts'
import { SeenEvents } from '../../src/core/seen-events.ts'
import { seenIdOf } from '../../src/core/seen-id.ts'
import type { SeenId } from '../../src/core/seen-id.ts'
import type { SeenEntry } from '../../src/core/seen-segment.ts'
import { digest } from '../kit.ts'

/** Homes in the last thirty slots of the table alone: long clusters that wrap around its end. */
const crowdedId: fc.Arbitrary<SeenId> = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 4 }))
  .map(([near, n]) => [0xffff_ffff - near * 2_000_000, n, 0, 7])

/** What it should remember: the plainest way. */
class NaiveSeen {
  readonly entries: SeenEntry[] = []
  head = 0

  find(id: SeenId, floorOrdinal: number): SeenEntry | undefined {
    const at = this.entries.findLastIndex(entry => entry.id.join() === id.join())
    return at >= Math.max(this.head, floorOrdinal) ? this.entries[at] : undefined
  }
}

test('it finds exactly what a plain list finds, whatever is appended and dropped', () => {
  const step = fc.record({
    id: crowdedId,
    laterMs: fc.nat(5),
    fingerprint: fc.integer({ min: 0, max: 0xffff_ffff }),
    drops: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
    floor: fc.nat(60),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const seen = new SeenEvents()
      const naive = new NaiveSeen()
      let nowMs = 1_700_000_000_000
      for (const { id, laterMs, fingerprint, drops, floor } of steps) {
        const floorOrdinal = naive.entries.length - floor
        assert.deepEqual(seen.find(id, floorOrdinal), naive.find(id, floorOrdinal))
        nowMs += laterMs
        const entry = { id, firstSeenMs: nowMs, fingerprint }
        seen.append(entry)
        naive.entries.push(entry)
        naive.head = Math.min(naive.head + drops, naive.entries.length)
        seen.dropBefore(naive.head)
        assert.deepEqual(seen.find(id, 0), naive.find(id, 0))
        const since = naive.entries.findIndex(
          (each, at) => at >= naive.head && each.firstSeenMs >= nowMs - 20,
        )
        assert.equal(seen.ordinalSince(nowMs - 20), since < 0 ? naive.entries.length : since)
      }
      for (const { id } of naive.entries) assert.deepEqual(seen.find(id, 0), naive.find(id, 0))
      const held = [...seen.entries(0, seen.total)]
      assert.deepEqual(held, naive.entries.slice(naive.head))
    }),
  )
})

function numberedId(n: number): SeenId {
  // Multiplying by an odd number permutes 32 bits: distinct, and spread like a hash.
  return [Math.imul(n, 0x9e37_79b1) >>> 0, n, 0, 0]
}

test('an id takes at most 32 bytes, growing or in a steady window', () => {
  const seen = new SeenEvents()
  let worst = 0
  for (let n = 0; n < 1_500_000; n++) {
    seen.append({ id: numberedId(n), firstSeenMs: n, fingerprint: n })
    if (n >= 1_000_000) seen.dropBefore(n - 1_000_000 + 1)
    if (n >= 1_000_000 && n % 1000 === 0) worst = Math.max(worst, seen.bytes / seen.size)
  }
  assert.equal(seen.size, 1_000_000)
  assert.ok(worst <= 32, `${worst} bytes an id`)
  assert.equal(seen.find(numberedId(499_999), 0), undefined)
  assert.equal(seen.find(numberedId(500_000), 0)?.firstSeenMs, 500_000)
})

test('right after its index has grown an id still takes at most 32 bytes', () => {
  const seen = new SeenEvents()
  let worst = 0
  for (let n = 0; n < 1_400_000; n++) {
    seen.append({ id: numberedId(n), firstSeenMs: 0, fingerprint: 0 })
    if (n >= 1_000_000 && n % 100 === 0) worst = Math.max(worst, seen.bytes / seen.size)
  }
  assert.ok(worst <= 32, `${worst} bytes an id`)
})

test('times far apart stay exact, beyond what 32 bits of milliseconds reach', () => {
  const seen = new SeenEvents()
  const days = 24 * 3600 * 1000
  for (const day of [0, 49, 50, 1000]) {
    seen.append({ id: numberedId(day), firstSeenMs: day * days + 1, fingerprint: 1 })
  }
  for (const day of [0, 49, 50, 1000]) {
    assert.equal(seen.find(numberedId(day), 0)?.firstSeenMs, day * days + 1)
  }
  seen.dropBefore(3)
  assert.equal(seen.find(numberedId(50), 0), undefined)
  assert.equal(seen.find(numberedId(1000), 0)?.firstSeenMs, 1000 * days + 1)
})

test('a block gives back the entries it was made of; other bytes are no block', () => {
  const entry = fc
    .tuple(crowdedId, fc.maxSafeNat(), fc.integer({ min: 0, max: 0xffff_ffff }))
    .map(([id, firstSeenMs, fingerprint]) => ({ id, firstSeenMs, fingerprint }))
  const block = fc
    .tuple(fc.constantFrom('run' as const, 'merged' as const), fc.array(entry, { maxLength: 20 }))
    .map(([kind, entries]) => ({ kind, entries }))
  fc.assert(
    fc.property(block, one => {
      const bytes = encodeSeenBlock(one)
      assert.equal(bytes.length, 1 + one.entries.length * seenEntryBytes)
      assert.deepEqual(decodeSeenBlock(bytes), one)
      assert.equal(decodeSeenBlock(Uint8Array.from([...bytes, 0])), null)
    }),
  )
  assert.equal(decodeSeenBlock(new Uint8Array()), null)
  assert.equal(decodeSeenBlock(Uint8Array.from([3])), null)
})

test('the bytes of a block are fixed', () => {
  const id = [0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10] as const
  const entries = [{ id, firstSeenMs: 0x0102_0304_0506, fingerprint: 0xfffe_fdfc }]
  assert.equal(
    Buffer.from(encodeSeenBlock({ kind: 'run', entries })).toString('hex'),
    '01' + '0102030405060708090a0b0c0d0e0f10' + '0000010203040506' + 'fffefdfc',
  )
})

test('an identity is the first 128 bits of SHA-256 over the JSON of its five parts', () => {
  // printf '["demo","levy","demo/reservation/R1","LIVE","e1"]' | sha256sum
  const identity = {
    tenantId: 'demo',
    source: 'levy',
    recordKey: 'demo/reservation/R1',
    mode: 'LIVE' as const,
    eventId: 'e1',
  }
  const hex = seenIdOf(identity, digest).map(word => word.toString(16).padStart(8, '0'))
  assert.equal(hex.join(''), '2a0f157d0db012524e6a9baadef78511')
})
